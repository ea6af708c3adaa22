use resume_runtime::{checkpoint, resumable};

struct Handle(u64);

#[resumable]
fn by_reference(#[resume] handle: &mut Handle) {
    handle.0 += 1;
    checkpoint!();
}

#[resumable]
fn by_value(#[resume] mut owned: Handle) -> u64 {
    owned.0 += 1;
    checkpoint!();
    owned.0
}

impl Handle {
    #[resumable]
    fn method(#[resume] &mut self) -> u64 {
        self.0 += 1;
        checkpoint!();
        self.0
    }
}

fn main() {
    by_reference(&mut Handle(by_value(Handle(1))));
    Handle(2).method();
}
