use resume_runtime::{checkpoint, resumable};

#[resumable]
fn spans(names: &[String]) -> String {
    #[resume]
    let mut span = String::new()..=String::new();
    for name in names {
        checkpoint!();
        span = span.start().clone()..=name.clone();
    }
    span.end().clone()
}

fn main() {}
