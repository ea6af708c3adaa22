//! The forms of loops: each is written once, and compiled as plain Rust and as a resumable
//! function.

/// What `checkpoint!` is in the plain functions.
macro_rules! no_checkpoint {
    ($($option:tt)*) => {};
}
pub(crate) use no_checkpoint;

/// Makes a module with `plain` and `resumable`, two functions of the same text.
macro_rules! twice {
    (
        $name:ident($($argument:ident: $type:ty),*) -> $result:ty;
        { $($local:ident = $init:expr;)* } { $($counter:ident = $zero:expr;)* }
        $($body:tt)*
    ) => {
        mod $name {
            #[allow(unused_imports, reason = "some bodies need nothing from around them")]
            use super::*;

            #[inline(never)]
            pub(crate) fn plain($($argument: $type),*) -> $result {
                use crate::loops::no_checkpoint as checkpoint;
                $(let mut $local = $init;)*
                $(let mut $counter = $zero;)*
                $($body)*
            }

            #[inline(never)]
            #[resume_runtime::resumable]
            pub(crate) fn resumable($(#[transient] $argument: $type),*) -> $result {
                use resume_runtime::checkpoint;
                $(#[resume] let mut $local = $init;)*
                $(#[resume] let mut $counter = $zero;)*
                $($body)*
            }
        }
    };
}

/// Makes all forms of loops around one body, and `pairs`, a list of them.
///
/// `before` and `after` are the halves of the body, between which the site of the form `middle`
/// stands; in all other forms it comes after both of them.
macro_rules! loops {
    (
        $name:ident, $title:literal, $passes:expr => $result:ty;
        data |$index:ident| -> $element:ty { $item:expr }
        locals $locals:tt
        before |$value:ident| { $($before:tt)* }
        after { $($after:tt)* }
        result $end:expr
    ) => {
        pub(crate) mod $name {
            use super::*;

            twice! { range(data: &[$element]) -> $result; $locals {}
                for i in 0..data.len() {
                    let $value = data[i];
                    $($before)* $($after)*
                    checkpoint!(interval = "60s");
                }
                $end
            }

            twice! { slice(data: &[$element]) -> $result; $locals {}
                for &$value in data.iter() {
                    $($before)* $($after)*
                    checkpoint!(interval = "60s");
                }
                $end
            }

            twice! { while_true(data: &[$element]) -> $result; $locals { i = 0; }
                while i < data.len() {
                    let $value = data[i];
                    $($before)* $($after)*
                    i += 1;
                    checkpoint!(interval = "60s");
                }
                $end
            }

            twice! { endless(data: &[$element]) -> $result; $locals { i = 0; }
                loop {
                    if i == data.len() {
                        break;
                    }
                    let $value = data[i];
                    $($before)* $($after)*
                    i += 1;
                    checkpoint!(interval = "60s");
                }
                $end
            }

            twice! { nested_inner(data: &[$element], rows: usize) -> $result; $locals {}
                for _ in 0..rows {
                    for &$value in data.iter() {
                        $($before)* $($after)*
                        checkpoint!(interval = "60s");
                    }
                }
                $end
            }

            twice! { nested_outer(data: &[$element], rows: usize) -> $result; $locals {}
                for _ in 0..rows {
                    for &$value in data.iter() {
                        $($before)* $($after)*
                    }
                    checkpoint!(interval = "60s");
                }
                $end
            }

            twice! { nested_both(data: &[$element], rows: usize) -> $result; $locals {}
                for _ in 0..rows {
                    for &$value in data.iter() {
                        $($before)* $($after)*
                        checkpoint!(interval = "60s");
                    }
                    checkpoint!(interval = "60s");
                }
                $end
            }

            twice! { middle(data: &[$element]) -> $result; $locals {}
                for i in 0..data.len() {
                    let $value = data[i];
                    $($before)*
                    checkpoint!(interval = "60s");
                    $($after)*
                }
                $end
            }

            /// All of the above.
            pub(crate) fn pairs() -> Vec<Pair> {
                let item = |$index: usize| -> $element { $item };
                let data: Rc<[$element]> = (0..$passes).map(item).collect();
                let row: Rc<[$element]> = data[..ROW].into();
                let single = |form, plain, resumable| {
                    Pair::single(form, $title, &data, plain, resumable)
                };
                let nested = |form, plain, resumable| {
                    Pair::nested(form, $title, &row, $passes / ROW, plain, resumable)
                };
                vec![
                    single("(plain twice)", range::plain, range::plain),
                    single("`for` over a range", range::plain, range::resumable),
                    single("`for` over a slice", slice::plain, slice::resumable),
                    single("`while`", while_true::plain, while_true::resumable),
                    single("`loop`", endless::plain, endless::resumable),
                    nested("nested, inner site", nested_inner::plain, nested_inner::resumable),
                    nested("nested, outer site", nested_outer::plain, nested_outer::resumable),
                    nested("nested, both sites", nested_both::plain, nested_both::resumable),
                    single("middle of the body", middle::plain, middle::resumable),
                ]
            }
        }
    };
}
