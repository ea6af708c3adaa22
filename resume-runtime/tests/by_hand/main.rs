//! The runtime under expansions written by hand, so that it stands without the macro.

mod children;
mod cut;
mod exits;
mod loops;
mod stores;
mod threads;

/// A folder for the snapshots of this test process, and no lines at the start of runs.
fn set_up() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let folder = std::env::temp_dir().join(format!("resume-by-hand-{}", std::process::id()));
        resume_runtime::configure().store(folder).quiet(true);
    });
}

/// `match … { Ok(value) => value, Err(end) => return end }`, as expansions write it.
macro_rules! get {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(end) => return end,
        }
    };
}
pub(crate) use get;

/// A function as the macro would describe it.
macro_rules! function {
    ($name:literal, [$($site:expr),*] $(, $field:ident: $value:expr)*) => {{
        #[allow(unused_mut)]
        static FUNCTION: resume_runtime::__v0_1::Function = {
            let mut function = resume_runtime::__v0_1::Function {
                name: $name,
                file: file!(),
                line: line!(),
                body: 1,
                on_return: resume_runtime::__v0_1::OnReturn::Discard,
                strict: false,
                sites: &[$($site),*],
                options: &[],
            };
            $(function.$field = $value;)*
            function
        };
        &FUNCTION
    }};
}
pub(crate) use function;

/// A site as the macro would describe it.
pub(crate) const fn site(
    id: &'static str,
    locals: &'static [&'static str],
    loops: &'static [&'static str],
) -> resume_runtime::__v0_1::Site {
    resume_runtime::__v0_1::Site { id, label: None, line: 1, locals, loops }
}
