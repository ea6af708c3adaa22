//! The forms of loops: each is written once, and compiled as plain Rust and as a resumable
//! function.

/// What `checkpoint!` is in the plain functions.
macro_rules! no_checkpoint {
    ($($option:tt)*) => {};
}
pub(crate) use no_checkpoint;

/// Makes a module with `plain` and `resumable`, two functions of the same text.
///
/// Each comes in `measure::COPIES` copies, which differ in nothing but where the linker puts their loops.
macro_rules! twice {
    (
        $name:ident($($argument:ident: $type:ty),*) -> $result:ty;
        { $($local:ident = $init:expr;)* } { $($counter:ident = $zero:expr;)* }
        $($body:tt)*
    ) => {
        mod $name {
            #[allow(unused_imports, reason = "some bodies need nothing from around them")]
            use super::*;
            use crate::measure::shift;

            #[inline(never)]
            pub(crate) fn plain<const COPY: usize>($($argument: $type),*) -> $result {
                use crate::loops::no_checkpoint as checkpoint;
                shift::<COPY>();
                $(let mut $local = $init;)*
                $(let mut $counter = $zero;)*
                $($body)*
            }

            #[inline(never)]
            #[resume_runtime::resumable]
            pub(crate) fn resumable<const COPY: usize>($(#[transient] $argument: $type),*) -> $result {
                use resume_runtime::checkpoint;
                shift::<COPY>();
                $(#[resume] let mut $local = $init;)*
                $(#[resume] let mut $counter = $zero;)*
                $($body)*
            }
        }
    };
}

/// A plain function with the least that a site at the end of its loop can be, written by hand: a counter, and a call when
/// that has run out. What comes out of a snapshot can be anything, so its locals begin with what the compiler cannot know.
macro_rules! by_hand {
    (
        $name:ident($argument:ident: $type:ty) -> $result:ty;
        { $($local:ident = $init:expr;)* } { $counter:ident = $zero:expr; } $left:ident
        $($body:tt)*
    ) => {
        #[inline(never)]
        pub(crate) fn $name<const COPY: usize>($argument: $type) -> $result {
            crate::measure::shift::<COPY>();
            $(let mut $local = $init;)*
            let mut $counter = std::hint::black_box($zero);
            let mut $left = crate::measure::refill();
            $($body)*
        }
    };
}

/// The copies of a function.
macro_rules! copies {
    ($module:ident::$function:ident) => {
        copies!($module::$function 0 1 2 3 4 5 6 7)
    };
    ($module:ident::$function:ident $($copy:literal)*) => {
        [$($module::$function::<$copy>),*]
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
                    if i >= data.len() {
                        break;
                    }
                    let $value = data[i];
                    $($before)* $($after)*
                    i += 1;
                    checkpoint!(interval = "60s");
                }
                $end
            }

            twice! { equal(data: &[$element]) -> $result; $locals { i = 0; }
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

            // How far it goes is not said by a number: each pass is counted.
            twice! { counted(data: &[$element]) -> $result; $locals { i = 0; }
                while let Some(&$value) = data.get(i) {
                    $($before)* $($after)*
                    i += 1;
                    checkpoint!(interval = "60s");
                }
                $end
            }

            mod by_hand {
                #[allow(unused_imports, reason = "some bodies need nothing from around them")]
                use super::*;

                by_hand! { counted(data: &[$element]) -> $result; $locals { i = 0; } left
                    while let Some(&$value) = data.get(i) {
                        $($before)* $($after)*
                        i += 1;
                        left -= 1;
                        if left == 0 {
                            left = crate::measure::refill();
                        }
                    }
                    $end
                }
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
                let single = |form, plain, resumable| Pair::single(form, $title, &data, plain, resumable);
                let nested = |form, plain, resumable| {
                    Pair::nested(form, $title, &row, $passes / ROW, plain, resumable)
                };
                vec![
                    single("(plain twice)", copies!(range::plain), copies!(range::plain)),
                    single("`for` over a range", copies!(range::plain), copies!(range::resumable)),
                    single("`for` over a slice", copies!(slice::plain), copies!(slice::resumable)),
                    single("`while`", copies!(while_true::plain), copies!(while_true::resumable)),
                    single("`loop`", copies!(endless::plain), copies!(endless::resumable)),
                    single("`loop`, `==`", copies!(equal::plain), copies!(equal::resumable)),
                    single("`while let`, counted", copies!(counted::plain), copies!(counted::resumable)),
                    single("(the same by hand)", copies!(counted::plain), copies!(by_hand::counted)),
                    nested("nested, inner site", copies!(nested_inner::plain), copies!(nested_inner::resumable)),
                    nested("nested, outer site", copies!(nested_outer::plain), copies!(nested_outer::resumable)),
                    nested("nested, both sites", copies!(nested_both::plain), copies!(nested_both::resumable)),
                    single("middle of the body", copies!(middle::plain), copies!(middle::resumable)),
                ]
            }
        }
    };
}
