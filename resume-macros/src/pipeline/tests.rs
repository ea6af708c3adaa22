//! Expansions as text: what is reported, and that what is made is a function.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::visit::Visit;

fn attribute(arguments: &str, code: &str) -> TokenStream {
    super::attribute(arguments.parse().expect("tokens"), code.parse().expect("tokens"))
}

fn expand(code: &str) -> String {
    let tokens = attribute("", code);
    let file: syn::File = syn::parse2(tokens.clone()).unwrap_or_else(|error| panic!("{error}: {tokens}"));
    prettyplease::unparse(&file)
}

/// The first lines of the messages.
fn errors(arguments: &str, code: &str) -> Vec<String> {
    struct Errors(Vec<String>);
    impl<'ast> Visit<'ast> for Errors {
        fn visit_macro(&mut self, mac: &'ast syn::Macro) {
            if mac.path.segments.last().is_some_and(|last| last.ident == "compile_error") {
                let text: syn::LitStr = mac.parse_body().expect("a text");
                self.0.push(text.value().lines().next().unwrap_or_default().to_owned());
            }
        }
    }
    let file: syn::File = syn::parse2(attribute(arguments, code)).expect("items");
    let mut errors = Errors(Vec::new());
    errors.visit_file(&file);
    errors.0
}

#[track_caller]
fn fails(code: &str, expected: &[&str]) {
    let found = errors("", code);
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.contains(expected), "{found:?} does not say {expected:?}");
    }
}

#[track_caller]
fn works(code: &str) {
    fails(code, &[]);
    expand(code);
}

/// `RESUME_EXPAND=file cargo test -p resume-macros shows -- --nocapture` prints the expansion of a function.
#[test]
fn shows_an_expansion() {
    if let Ok(path) = std::env::var("RESUME_EXPAND") {
        println!("{}", expand(&std::fs::read_to_string(path).expect("a file")));
    }
}

#[test]
fn forgotten_locals_are_mistakes_at_their_names() {
    fails("fn f() { let mut x = 0; loop { x += 1; checkpoint!(); } }", &["`x` is mutable and needed after"]);
    fails("fn f() { let x; x = 1; checkpoint!(); g(x); }", &["`x` is assigned later"]);
    fails(
        "fn f() { #[resume] let mut v = h(); let n = v.len(); checkpoint!(); g(n, &mut v); }",
        &["its initialiser reads `v`, which changes"],
    );
    fails("fn f() { let x = { checkpoint!(); 1 }; checkpoint!(); g(x); }", &["holds a `checkpoint!`"]);
    fails("fn f() { #[transient] let x; x = 1; checkpoint!(); g(x); }", &["has no initialiser"]);
    fails(
        "fn f() { let mut a = 0; let mut b = 0; checkpoint!(); a += b; b += a; }",
        &["`a` is mutable", "`b` is mutable"],
    );
    fails(
        "fn f() { #[resume] let x; if c() { x = 1; checkpoint!(); } else { x = 2; } checkpoint!(); g(x); }",
        &["`x` is set in the statement that holds the `checkpoint!`"],
    );
    // One word mends a `let`, whatever it binds.
    fails(
        "fn f() { let (mut a, b, mut c, mut d) = g(); checkpoint!(); h(a, b, c, d); }",
        &["`a`, `c` and `d` are mutable and needed"],
    );
    fails(
        "fn f() { #[resume] let mut v = g(); let (a, b) = (v.pop(), v.pop()); checkpoint!(); h(a, b, v); }",
        &["`a` and `b` are needed"],
    );
    // What the initialiser of one needs is no mistake of its own, if nothing else needs it.
    fails("fn f() { let mut v = g(); v.push(1); let v = v; checkpoint!(); h(v) }", &["initialiser reads `v`"]);
    fails(
        "fn f() { let mut v = g(); let n = v.len(); checkpoint!(); h(n, v) }",
        &["`v` is mutable", "initialiser reads `v`"],
    );
    fails("fn f() { let mut x = 0; checkpoint!(); println!(\"{x}\"); x = 1; }", &["`x` is mutable"]);
    fails(
        "fn f() { let mut x = g(); let x = x.next(); #[transient] let t = x; checkpoint!(); h(t) }",
        &["initialiser reads `x`"],
    );
}

#[test]
fn what_is_dead_at_every_site_needs_no_word() {
    works("fn f() { let mut x = 0; x += 1; g(x); checkpoint!(); }");
    works("fn f() { #[resume] let x; if c() { checkpoint!(); return; } else { x = 2; } checkpoint!(); g(x); }");
    works("fn f() { #[resume] let x; if c() { x = 1; } else { x = 2; } loop { checkpoint!(); g(x); } }");
    works("fn f() { let mut x = 0; if c() { checkpoint!(); } else { x += 1; g(x); } }");
    works(
        "fn f() { let mut x = 0; let y = 5; if c() { if x > 3 { checkpoint!(); g(y) } else { x += 1; h(x) } } else { } }",
    );
    works("fn f() { loop { let mut t = v(); t.push(1); if t.len() > 3 { checkpoint!(); } } }");
    works("fn f() { let x = 1; let x = x + 1; let x = x * 2; checkpoint!(); g(x); }");
    works("fn f() { let mut x = 0; x += 1; let x = 3; checkpoint!(); g(x); }");
    works("fn f() { for _i in 0..3 { checkpoint!(); } while let Some(_x) = g() { checkpoint!(); } }");
}

#[test]
fn control_decides_what_is_alive() {
    works("fn f() { for i in 0..9 { let mut x = g(i); if c { checkpoint!(); continue; } h(&mut x); } }");
    works("fn f() -> u8 { let mut y = 3; match m { A => { checkpoint!(every = 1); return 1; } B => {} } g(&mut y) }");
    works("fn f() { 'l: { let mut x = 1; if a { { if b { checkpoint!(); break 'l; } } k(); } h(&mut x); } }");
    works("fn f() { while let Some(mut x) = g() { if c { checkpoint!(); continue; } x += 1; h(x); } }");
    works("fn f() { let mut x = 1; let Some(y) = g() else { checkpoint!(); return; }; x += y; }");
    works("fn f() { let mut x = 1; if c { loop { checkpoint!(); } } x += 1; }");
    // Control comes back to what the loop mentions, and to what is behind the block that is left.
    fails("fn f() { let mut x = 1; loop { x += 1; if c { checkpoint!(); continue; } } }", &["`x` is mutable"]);
    fails("fn f() { let mut x = 1; 'l: { if c { checkpoint!(); break 'l; } } x += 1; }", &["`x` is mutable"]);
    fails("fn f() { let mut x = 1; loop { if c { checkpoint!(); break; } } x += 1; }", &["`x` is mutable"]);
    fails("fn f() { let mut x = 1; if c { checkpoint!(); exit(1); } x += 1; }", &["`x` is mutable"]);
    fails("fn f() { let mut _guard = g(); if c { checkpoint!(); return; } h(); }", &["`_guard` is mutable"]);
    // It would have to be dropped before a loop that it is not in.
    fails("fn f() { let mut x = 1; for i in 0..9 { if c { checkpoint!(); return; } } x += 1; }", &["`x` is mutable"]);
}

#[test]
fn bindings_of_patterns() {
    fails("fn f() { if let Some(x) = g() { checkpoint!(); h(x) } }", &["`x` is bound by `if let`"]);
    fails("fn f() { match g() { Some(x) => { checkpoint!(); h(x) } None => {} } }", &["`x` is bound by `match`"]);
    fails("fn f() { while let Some(x) = g() { checkpoint!(); h(x) } }", &["`x` is bound by `while let`"]);
    fails("fn f() { for mut x in g() { checkpoint!(); x += 1; } }", &["`x` is mutable"]);
    fails("fn f() { #[transient] for x in g() { checkpoint!(); h(x); } }", &["`x` is bound by a `#[transient] for`"]);
    works("fn f() { for x in g() { checkpoint!(); h(x); } #[resume] for x in g() { checkpoint!(); h(x); } }");
    works("fn f() { while let Some(x) = g() { #[resume] let x = x; checkpoint!(); h(x) } }");
    fails(
        "fn f() { #[resume] let mut v = g(); for x in v.iter() { checkpoint!(); } v.push(1); }",
        &["this iterator is made again on a resume, but it reads `v`"],
    );
}

/// As `$code:expr` and `$code:block` come: in a group without delimiters.
fn passed(code: TokenStream) -> TokenTree {
    Group::new(Delimiter::None, code).into()
}

#[test]
fn blocks_and_texts_from_a_macro_are_what_they_are_outside_of_one() {
    let block = passed("{ x += 1; checkpoint!(); }".parse().expect("tokens"));
    let (text, number) = (passed(quote::quote!("30s")), passed(quote::quote!(1)));
    let from_macro = quote::quote! {
        fn f() { #[resume] let mut x = 0; #block loop { #block checkpoint!(interval = #text, every = #number); } }
    };
    let tokens = super::attribute(TokenStream::new(), from_macro);
    let file: syn::File = syn::parse2(tokens).expect("items");
    let written = "fn f() { #[resume] let mut x = 0; { x += 1; checkpoint!(); } \
                   loop { { x += 1; checkpoint!(); } checkpoint!(interval = \"30s\", every = 1); } }";
    assert_eq!(prettyplease::unparse(&file), expand(written));
}

#[test]
fn initialisers_from_a_macro_are_what_they_are_outside_of_one() {
    let written = "fn f() { #[resume] let mut x = Rng::new(1); #[resume] let mut y = [0; 3]; \
                   loop { x.go(&mut y); checkpoint!(); } }";
    let init: TokenStream = "Rng::new(1)".parse().expect("tokens");
    let array: TokenStream = "[0; 3]".parse().expect("tokens");
    let (init, array) = (passed(init), passed(array));
    let from_macro = quote::quote! {
        fn f() { #[resume] let mut x = #init; #[resume] let mut y = #array; loop { x.go(&mut y); checkpoint!(); } }
    };
    let tokens = super::attribute(TokenStream::new(), from_macro);
    let file: syn::File = syn::parse2(tokens).expect("items");
    assert_eq!(prettyplease::unparse(&file), expand(written));
}

#[test]
fn parameters() {
    fails("fn f(t: &str) { #[resume] let mut x = t; checkpoint!(); g(&mut x); }", &["`x` cannot be captured"]);
    fails("fn f() { let mut x = 0; g(|| checkpoint!()); checkpoint!(every = 0); x += 1; }", &["closure", "0", "`x`"]);
    fails("fn f(mut x: u8) { checkpoint!(); }", &["parameter `x` is mutable"]);
    fails(
        "fn f(&mut self, x: &mut u8) { checkpoint!(); }",
        &["parameter `self`", "parameter `x` is a mutable reference"],
    );
    works(
        "fn f(#[resume] &mut self, #[resume] x: &mut u8, #[transient] mut y: u8, _: u8, (a, b): (u8, u8)) { checkpoint!(); }",
    );
    fails("fn f(#[resume(default)] x: u8) { checkpoint!(); }", &["takes no options"]);
}

#[test]
fn sites_where_they_cannot_stand() {
    fails("fn f() { g(|| { checkpoint!(); }); }", &["in a closure"]);
    fails("fn f() { async { checkpoint!(); }; }", &["in an `async` block"]);
    fails("fn f() { let x = checkpoint!(); g(x, checkpoint!()); }", &["not a value", "not a value"]);
    fails("fn f() { g(1, { checkpoint!(); 2 }); }", &["cannot stand here"]);
    works("fn f() -> u8 { g({ checkpoint!(); 2 }).h(3)? + 4 }");
    works("fn f() { x = { checkpoint!(); 1 }; y += if c { checkpoint!(); 1 } else { 2 }; }");
    works("fn f() { #[resumable] fn inner() { checkpoint!(); } inner(); }");
    fails("fn f() { g(|x| { #[resume] let y = x; y }); }", &["a local of a closure"]);
    fails("fn f() { #[resume] g(); checkpoint!(); }", &["stand on a `let`, a `for` or a parameter"]);
}

#[test]
fn options_of_sites_and_locals() {
    fails("fn f() { checkpoint!(every = 0); }", &["`every = 0` is never due"]);
    fails("fn f() { checkpoint!(interval = \"0s\"); }", &["the interval is empty"]);
    fails("fn f() { checkpoint!(interval = \"3 parsecs\"); }", &["is not a duration"]);
    fails("fn f() { checkpoint!(budget = \"200%\"); }", &["is not a share"]);
    fails("fn f() { checkpoint!(budget = 2); }", &["is a share of the run's time"]);
    fails("fn f() { checkpoint!(evry = 3); }", &["unknown option `evry`"]);
    fails("fn f() { checkpoint!(every = 3, every = 4); }", &["`every` is given twice"]);
    fails("fn f() { checkpoint!(label = \"a\"); checkpoint!(label = \"a\"); }", &["names two sites"]);
    fails("fn f() { #[resume] #[transient] let x = 1; checkpoint!(); g(x) }", &["annotated twice"]);
    fails("fn f() { #[resume(later)] let x = 1; checkpoint!(); g(x) }", &["unknown option `later`"]);
    works(
        "fn f() { #[resume(default = 3, rename = \"y\", with = m::n)] let x = 1; checkpoint!(label = \"l\", when = x > 1, interval = d); g(x) }",
    );
}

#[test]
fn options_of_functions_and_items() {
    let code = "fn f(seed: u64) { checkpoint!(); }";
    assert_eq!(errors("on_return = keep, key = \"{}-{seed}\", seed, strict, crate = a::b", code), [""; 0]);
    assert!(errors("on_return = forget", code)[0].contains("expected `discard`, `keep` or `memoize`"));
    assert!(errors("on_exit = keep", code)[0].contains("unknown option `on_exit`"));
    assert!(errors("strict, strict", code)[0].contains("given twice"));
    assert!(errors("pin = \"b\"", "fn f() { checkpoint!(label = \"a\"); }")[0].contains("no site has the label `b`"));
    assert_eq!(errors("pin = \"b\"", "fn f() { checkpoint!(every = 0, label = \"b\"); }").len(), 1);
    assert_eq!(errors("pin = \"b\"", "fn f() { loop { checkpoint!(label = \"b\"); } }"), [""; 0]);
    fails("struct S;", &["stands on a function"]);
    fails("fn f();", &["needs a body"]);
    fails("const fn f() { checkpoint!(); }", &["a `const fn` cannot be resumable"]);
}

/// `examples/monte_carlo-expanded.rs` is what the attribute makes of the function in `monte_carlo.rs`, and at most 60
/// lines long. `RESUME_BLESS=1` writes it anew.
#[test]
fn the_expanded_example_is_true() {
    const HEAD: &str =
        "// What `#[resumable]` makes of the function in `monte_carlo.rs`, as `cargo expand` shows it.\n\n";
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let example = std::fs::read_to_string(folder.join("monte_carlo.rs")).expect("the example");
    let file: syn::File = syn::parse_str(&example).expect("Rust");
    let is_ours = |item: &&syn::Item| matches!(item, syn::Item::Fn(function) if function.sig.ident == "mean_position");
    let Some(syn::Item::Fn(function)) = file.items.iter().find(is_ours) else { panic!("no `mean_position`") };
    let mut function = function.clone();
    function.attrs.clear();
    let tokens = super::attribute(TokenStream::new(), quote::quote!(#function));
    let expanded = prettyplease::unparse(&syn::parse2(tokens).expect("items"));
    // The marker of a site expands to nothing.
    let expanded = expanded.replace("            checkpoint! {\n                @ site\n            }\n", "");
    let lines = expanded.lines().count();
    assert!(lines <= 60, "{lines} lines:\n{expanded}");
    let path = folder.join("monte_carlo-expanded.rs");
    if std::env::var_os("RESUME_BLESS").is_some() {
        std::fs::write(&path, format!("{HEAD}{expanded}")).expect("a file");
    }
    let shown = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(shown, format!("{HEAD}{expanded}"), "RESUME_BLESS=1 cargo test -p resume-macros writes it anew");
}

/// What is moved out and back, in order: at the beginning, and at the sites.
fn moved(code: &str) -> Vec<String> {
    let code = expand(code);
    let tuples = code.split("let held = (").skip(1).map(|rest| rest.split_once(')').map_or("", |(names, _)| names));
    tuples.map(|names| names.trim_end_matches(',').to_owned()).collect()
}

#[test]
fn what_is_saved_is_moved_where_nothing_holds_on_to_it() {
    let locals = |code: &str| moved(&format!("fn f() {{ #[resume] let mut x = g(); {code} x.end(); }}"));
    for code in [
        "for i in 0..x.len() { x.add(i); checkpoint!(); }",
        "#[transient] let mut t = File::open(p); loop { x += t.next(); writeln!(t, \"{x}\"); checkpoint!(); t.end(); }",
        "#[transient] let mut t = v(); loop { t.push(x * 2); checkpoint!(); t.end(); }",
    ] {
        assert_eq!(locals(code), ["x"], "{code}");
    }
    for code in [
        "for i in x.parts() { checkpoint!(); g(i); }",
        "#[transient] let t = x.view(); loop { checkpoint!(); g(t); }",
        "#[transient] let mut t = v(); for i in 0..9 { let y = &x; t.push(y); checkpoint!(); } g(t);",
    ] {
        assert_eq!(locals(code), [""; 0], "{code}");
    }
    let array =
        |array: &str| moved(&format!("fn f() {{ #[resume] let mut x{array}; loop {{ x.add(); checkpoint!(); }} }}"));
    for few in [" = [1, 2, n, 4]", ": [u64; 4] = g()", " = [[0.0; 3]; 3]", ": [[u8; 4]; 8] = g()", " = (1, [2; 9])"] {
        assert_eq!(array(few), ["x"], "{few}");
    }
    for many in [" = [0; 33]", " = [0; N]", ": [u64; N] = g()", " = [[0.0; 10]; 10]", ": [[u8; 1000]; 2] = g()"] {
        assert_eq!(array(many), [""; 0], "{many}");
    }
}

#[test]
fn parameters_are_moved_too() {
    let parameters = "#[resume] mut a: u64, #[resume] b: u64, #[resume] c: &mut u64, #[resume] (mut d, e): (u8, u8), \
                      #[resume] mut f: [u8; 90], #[transient] mut g: u8, #[resume] mut h: [u8; 9]";
    let body = "fn g(mut b: u64) {} loop { g(&mut a, &mut d, &mut f, &mut h); checkpoint!(); }";
    assert_eq!(moved(&format!("fn f({parameters}) {{ {body} }}")), ["a, d, h"; 2]);
}

#[test]
fn a_constant_parameter_is_no_static() {
    let body = "#[resume] let mut i = 0; while i != N { i += 1; checkpoint!(); } g(i)";
    assert!(expand(&format!("unsafe fn f<const N: usize>() {{ {body} }}")).contains("Upwards"));
    assert!(!expand(&format!("unsafe fn f() {{ {body} }}")).contains("Upwards"));
}

/// Whether a loop around these statements counts each pass.
fn counts(head: &str, body: &str) -> bool {
    let locals = "#[resume] let mut i = 0; #[resume] let mut j = 0; #[resume] let mut a = v();";
    let code = expand(&format!("fn f(n: usize) {{ {locals} {head} {{ {body} checkpoint!(); }} g(i, j, a) }}"));
    !code.contains("Upwards")
}

#[test]
fn passes_that_a_number_tells_are_not_counted() {
    for head in [
        "while i < n",
        "while n > i",
        "while i < n && { j += 1; j < 9 }",
        "let p = &raw mut j; while i < n",
        "while i < 9",
        "while i < a.len()",
        "while i < a.len() - 1 && a[i] > 0",
        "while (i < self::N)",
        "while i <= n",
        "while n >= i && { j += 1; j < 9 }",
        "while i != n",
        "while (n != i)",
        "while i != self::N",
        "while i != N * 2 + n as usize",
        "let b = v(); while i != b.len()",
    ] {
        assert!(!counts(head, "i += 1;"), "{head}");
    }
    for body in [
        "if i >= n { break; } i += 1;",
        "if n <= i || j > 3 { break } i += 1;",
        "if i >= n { break 'all; } i += 1;",
        "if i > n { break; } i += 1;",
        "if i == n { break; } i += 1;",
    ] {
        assert!(!counts("'all: loop", body), "{body}");
    }
    for body in [
        "a[i] = i; i += 1;",
        "i += 1; a[i] += 2; g(i, &mut a[i]);",
        "let k = i as f64; println!(\"{i} {}\", k); i += 1;",
        "if a[i] > 1 { return; } i += 1; g()?;",
        "(a[i], j) = (j, i); { let i = 3; g(&i); } i += 1;",
    ] {
        assert!(!counts("while i < n", body), "{body}");
    }
}

#[test]
fn a_number_that_may_be_set_elsewhere_is_looked_at() {
    let looks_at = |head: &str, body: &str| {
        let code = expand(&format!("fn f(n: u8) {{ #[resume] let mut i = 0; {head} {{ {body} checkpoint!(); }} }}"));
        (code.contains("is_next(at, i)"), code.contains("if again {"))
    };
    let looks = |body: &str| looks_at("while i < n", body);
    assert_eq!(looks("g(i); i += 1;"), (false, false));
    assert_eq!(looks("assert!(n > 3); i += 1;"), (false, false));
    assert_eq!(looks("println!(\"{}\", set(&mut i)); i += 1;"), (true, false));
    for pointer in ["&raw mut i", "core::ptr::addr_of_mut!(i)", "pointer!(i)"] {
        let head = format!("#[transient] let p = {pointer}; while i < n");
        assert_eq!(looks_at(&head, "unsafe { *p += 1; } i += 1;"), (true, false), "{pointer}");
    }
    for jumping in ["mine!(); i += 1;", "i += 1; mine!(i);", "if c { break; } i += 1;", "i += 1; if c { continue; }"] {
        assert_eq!(looks(jumping), (true, true), "{jumping}");
    }
}

#[test]
fn passes_that_no_number_tells_are_counted() {
    for head in [
        "while i < g()",
        "while j > 0 && i < n",
        "while i < a[0]",
        "while ok(i)",
        "while i != j",
        "while i != a.len()",
        "while i != n && j < 9",
        "while i != *b",
        "while i != b.n",
        "while i != unknown",
        "while i != b.list.len()",
        "#[resume] let mut m = n; while i != m",
        "while i == n",
    ] {
        assert!(counts(head, "i += 1;"), "{head}");
    }
    for condition in [
        "{ i += 3; true }",
        "g(&mut i)",
        "{ if j > 3 { break 'all; } true }",
        "{ if j > 3 { continue 'around; } true }",
        "ask!(j)",
        "let Some(_) = g()",
        "j > 3 && (let Some(_) = g())",
    ] {
        assert!(
            counts(&format!("'around: loop {{ g(); }} 'all: while i < n && {condition}"), "i += 1;"),
            "{condition}"
        );
    }
    assert!(counts("loop", "if i >= n || { i = 7; false } { break; } i += 1;"));
    for body in [
        "if i == n || j > 3 { break; } i += 1;",
        "if i != n { break; } i += 1;",
        "if i >= n { break } else { g(); } i += 1;",
        "if i >= n { g(); break; } i += 1;",
        "if i >= n && j > 3 { break; } i += 1;",
        "g(); if i >= n { break; } i += 1;",
    ] {
        assert!(counts("loop", body), "{body}");
    }
    for body in [
        "",
        "i += 2;",
        "i += 1; i += 1;",
        "j += 1;",
        "if c { i += 1; }",
        "i += 1; if c { i = 0; }",
        "i += 1; if c { i -= 1; }",
        "i += 1; if c { break 'all; }",
        "i += 1; if c { continue 'all; }",
        "i += 1; hop!(continue);",
        "i += 1; g(&mut i);",
        "i += 1; g(&raw const i);",
        "i += 1; i.set();",
        "i += 1; (i, j) = (j, i);",
        "i += 1; [j, i] = g();",
        "i += 1; let ref mut k = i; g(k);",
        "i += 1; let k = || i = 3; k();",
    ] {
        assert!(counts("'all: while i < n", body), "{body}");
    }
    assert!(counts("'all: while i < n", "mine!(); i += 1;"));
}

#[test]
fn only_a_jump_out_of_a_pass_makes_each_one_count() {
    let counts = |body: &str| {
        expand(&format!("fn f() {{ 'all: for i in 0..9 {{ {body} checkpoint!(); }} }}")).contains("left_1 -= 1")
    };
    for body in [
        "assert!(i < n); println!(\"{i}\"); let v = vec![i; 3];",
        "for j in 0..3 { if j == i { break; } if g() { continue; } mine!(); }",
        "'inner: loop { loop { break 'inner; } } 'block: { if c { break 'block; } }",
        "if c { return; } g()?;",
        "g(|| loop { break; });",
    ] {
        assert!(!counts(body), "{body}");
    }
    for body in [
        "if c { break; }",
        "if c { continue; }",
        "loop { continue 'all; }",
        "for j in 0..3 { break 'all; }",
        "mine!(i);",
    ] {
        assert!(counts(body), "{body}");
    }
}

#[test]
fn a_number_is_told_by_its_type() {
    let typed = |ty: &str| {
        let code = format!("fn f(n: u64) {{ #[resume] let mut i{ty}; while i < n {{ i += 1; checkpoint!(); }} }}");
        expand(&code).contains("left_1 -= 1")
    };
    assert!([" = 0", " = 7_i8", ": u64 = g()", ": i128 = 0", ": _ = 0", ": isize = 1"].iter().all(|ty| !typed(ty)));
    assert!([" = g()", ": Big = 0.into()", ": f64 = 0.0", " = 0.0", " = Big(0)", " = 0f64"].iter().all(|ty| typed(ty)));
}

#[test]
fn a_bound_that_may_be_no_integer_is_asked_for_its_type() {
    let asked = |ty: &str| {
        let code = format!("fn f(n: {ty}) {{ #[resume] let mut i = 0_u8; while i < n {{ i += 1; checkpoint!(); }} }}");
        expand(&code).contains("Against")
    };
    assert!(["Steps", "T", "lib::Steps"].iter().all(|ty| asked(ty)) && !asked("u8"));
}

#[test]
fn a_bound_is_read_without_its_parentheses() {
    let code = expand("fn f(n: u8) { #[resume] let mut i = 0; while i < (n + 1) { i += 1; checkpoint!(); } }");
    assert!(code.contains("Against::of(&i, &(n + 1)).value()") && code.contains("i < (n + 1)"), "{code}");
}
