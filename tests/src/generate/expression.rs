//! Expressions without sites. All have the type `u64` or `bool`; other types are made from numbers (`Ty::make`).

use super::Generator;
use super::scope::{Kind, Reads, Var};
use super::types::Ty;

impl Generator {
    /// An expression of type `u64`.
    pub(crate) fn number(&mut self, reads: Reads) -> String {
        self.number_to(reads, 2)
    }

    fn number_to(&mut self, reads: Reads, depth: usize) -> String {
        if depth == 0 || self.random.chance(45) {
            return self.leaf(reads);
        }
        let (a, b) = (self.number_to(reads, depth - 1), self.number_to(reads, depth - 1));
        match self.random.below(12) {
            0 | 1 => format!("mix({a}, {b})"),
            2 => format!("({a}).wrapping_add({b})"),
            3 => format!("(({a}) ^ ({b}))"),
            4 => format!("(if {} {{ {a} }} else {{ {b} }})", self.condition(reads)),
            5 => format!("(match ({a}) % 4 {{ 0 => {b}, n @ 1..=2 => n, other => other + 7 }})"),
            6 => self.formatted(reads, &a),
            7 => format!("[{a}, {b}].iter().fold(0, |s, n| mix(s, *n))"),
            8 => format!("vec![{a}, {b}].word()"),
            9 => format!("({{ let twice: u64 = {a}; twice.wrapping_mul(2) }})"),
            10 => self.called(&a),
            _ => format!("(({a}) >> 3)"),
        }
    }

    fn leaf(&mut self, reads: Reads) -> String {
        let vars = self.scope.readable(reads);
        if vars.is_empty() || self.random.chance(12) {
            return format!("{}u64", self.random.pick(&[0, 1, 2, 3, 5, 8, 17, 99, 1234, 70_000]));
        }
        // The latest locals are the ones whose liveness is hardest.
        let near = vars.len().min(6);
        let at = if self.random.chance(60) {
            vars.len() - 1 - self.random.below(near)
        } else {
            self.random.below(vars.len())
        };
        self.read(&vars[at])
    }

    /// A `u64` out of one local.
    pub(crate) fn read(&mut self, var: &Var) -> String {
        let form = self.random.below(60);
        var.ty.read(&var.name, var.by_ref, form)
    }

    /// Locals named only inside the string of a `format!`.
    fn formatted(&mut self, reads: Reads, a: &str) -> String {
        let shown = |var: &Var| {
            use Ty::*;
            let display = matches!(var.ty, U64 | U8 | I32 | I128 | F64 | Bool | Char | Str | Usize);
            (var.ty != Generic && !var.name.contains('.'))
                .then(|| (var.name.trim_start_matches("r#").to_owned(), display))
        };
        let vars: Vec<_> = self.scope.readable(reads).iter().filter_map(shown).collect();
        if vars.is_empty() {
            return format!("format!(\"{{}}\", {a}).word()");
        }
        let (name, display) = self.random.pick(&vars);
        let (second, second_display) = self.random.pick(&vars);
        let spec = |display: bool, width: &str| if display { width } else { ":?" }.to_owned();
        match self.random.below(4) {
            // A name that the macro's arguments bind again; a constant cannot be.
            3 if name.starts_with(char::is_lowercase) => {
                let own = if matches!(&*name, "type" | "match") { format!("r#{name}") } else { name.clone() };
                format!("vec![[{a}].map(|{own}: u64| {own} / 3)[0], 7].word()")
            }
            0 => format!("format!(\"{{{name}{}}}\").word()", spec(display, "")),
            1 => format!("format!(\"{{}}/{{{name}{}}}\", {a}).word()", spec(display, ":>5")),
            _ => format!(
                "format!(\"{{{{}}}} {{{name}{}}} {{{second}{}}}\").word()",
                spec(display, ""),
                spec(second_display, "")
            ),
        }
    }

    /// A call of a closure in scope.
    fn called(&mut self, a: &str) -> String {
        let closures = self.scope.of_kind(Kind::Closure);
        if closures.is_empty() {
            return format!("scramble({a})");
        }
        format!("{}({a})", self.random.pick(&closures).name)
    }

    pub(crate) fn condition(&mut self, reads: Reads) -> String {
        let a = self.leaf(reads);
        let n = self.random.between(2, 4);
        match self.random.below(6) {
            0 => format!("{a} > {}", self.leaf(reads)),
            1 => format!("!({a}).is_multiple_of({n})"),
            2 => format!("matches!({a} % 5, 0 | 2..=3)"),
            3 => {
                let bools: Vec<Var> =
                    self.scope.readable(reads).into_iter().filter(|v| v.ty == Ty::Bool && !v.by_ref).collect();
                if bools.is_empty() { format!("({a} & {n}) == 0") } else { self.random.pick(&bools).name }
            }
            4 => format!("({a} % {n} == 0 || {} % 3 == 1)", self.leaf(reads)),
            _ => format!("{a} % {n} == {}", self.random.below(n)),
        }
    }

    /// A value of type `ty`; the second part tells whether a `let` of it needs no type annotation.
    pub(crate) fn value(&mut self, ty: Ty, reads: Reads) -> (String, bool) {
        let (a, b) = (self.number_to(reads, 1), self.number_to(reads, 1));
        let text = ty.make(&a, &b, self.random.below(60));
        let vague =
            ["collect()", "from_fn", "::new()", "None", "T::", "Some(())"].iter().any(|part| text.contains(part));
        (text, !vague)
    }

    /// A statement that changes a local, or `None` where there is nothing to change.
    pub(crate) fn change(&mut self) -> Option<String> {
        let targets = self.scope.changeable();
        if targets.is_empty() {
            return None;
        }
        let near = targets.len().min(5);
        let at = if self.random.chance(50) {
            targets.len() - 1 - self.random.below(near)
        } else {
            self.random.below(targets.len())
        };
        let target = targets[at].clone();
        // What the statement borrows mutably must not be read in the same statement.
        let kind = self.scope.set_kind(&target.name, Kind::Dead).expect("BUG: a visible local is in scope");
        let (a, b) = (self.number(Reads::Any), self.number_to(Reads::Any, 1));
        self.scope.set_kind(&target.name, kind);
        let place = if target.by_ref { format!("(*{})", target.name) } else { target.name.clone() };
        Some(target.ty.change(&place, &a, &b, self.random.below(60)))
    }
}
