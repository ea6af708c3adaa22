//! The runtime under expansions written by hand, so that it stands without the macro.

use resume_runtime::__v0_1 as private;

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
        resume_runtime::configure().store(folder()).quiet(true);
    });
}

/// Within the folder of the build, a name for each process.
pub(crate) fn folder() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("by-hand-{}", std::process::id()))
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
            let mut function = resume_runtime::__v0_1::Function::new(1).named($name).sites(&[$($site),*]);
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
    resume_runtime::__v0_1::Site::new(1, id, loops, locals)
}

/// What expansions do one by one.
trait PutAll<K: private::Kind> {
    fn put_all(&mut self, site: u32, lefts: &[u64], values: &[private::Entry<'_>]) -> Result<(), K::Output>;
}

impl<K: private::Kind> PutAll<K> for private::Run<K> {
    fn put_all(&mut self, site: u32, lefts: &[u64], values: &[private::Entry<'_>]) -> Result<(), K::Output> {
        for (name, value) in values {
            self.put(name, *value);
        }
        self.commit(site, lefts)
    }
}
