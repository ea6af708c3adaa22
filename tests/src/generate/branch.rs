//! Blocks and branches, sites inside.

use super::scope::{Kind, Reads, Var};
use super::text::resumable;
use super::types::Ty;
use super::{Generator, Target};

/// A pattern of an arm with the names that it binds.
struct Arm {
    pattern: String,
    bound: Vec<(String, Ty)>,
}

/// What is matched, and the patterns of its arms.
const MATCHES: &[(&str, &[&str])] = &[
    ("($a) % 6", &["0 | 3", "$1 @ 1..=2", "$1"]),
    ("(($a) % 3, ($b) % 2 == 0)", &["(0, _)", "($1, true)", "_"]),
    ("Shape::of($a)", &["Shape::Dot", "Shape::Line($1)", "Shape::Rect { w: $1, h: $2 }", "_"]),
    ("checked($a)", &["Some(0)", "Some($1)", "_"]),
    ("[($a) % 3, $b, 7]", &["[0, _rest @ .., 7]", "[1, $1, _]", "_"]),
    ("&$list[..]", &["[]", "&[$1]", "&[$1, .., $2]", "_"]),
    ("check($a)", &["Ok($1 @ 0..=70_000)", "Ok($1)", "_"]),
];

impl Generator {
    pub(crate) fn branch(&mut self) {
        match self.random.below(16) {
            0..=3 => self.if_else(),
            4 | 5 => self.if_let(),
            6 => self.let_chain(),
            7..=10 => self.match_(),
            11 | 12 => self.let_else(),
            13 => self.plain_block("{"),
            14 => self.unsafe_block(),
            _ => self.labelled_block(),
        }
    }

    /// Whether the branches of a statement may hold sites. Bindings of patterns may be used freely only where not.
    fn with_sites(&mut self) -> bool {
        self.sites && self.random.chance(75)
    }

    fn if_else(&mut self) {
        let condition = self.condition(Reads::Any);
        let others = self.random.below(3);
        let sites = self.with_sites();
        let outside = std::mem::replace(&mut self.sites, sites);
        self.out.open(format!("if {condition} {{"));
        self.branches(1 + others, |this, at| {
            if at == others && at > 0 {
                this.out.close("} else {");
                this.out.open("");
            } else if at > 0 {
                let condition = this.condition(Reads::Any);
                this.out.close(format!("}} else if {condition} {{"));
                this.out.open("");
            }
            this.branch_body();
        });
        self.sites = outside;
        self.out.close("}");
    }

    /// What a branch of a statement does; now and then it does not come to its end.
    fn branch_body(&mut self) {
        self.hand_over();
        self.statements(3);
        if self.random.chance(12) {
            self.leave();
        }
    }

    /// An `Option<u64>` to take apart, and whether a resume finds the same again.
    fn option(&mut self) -> String {
        let any = |var: &Var| matches!(var.ty, Ty::Opt) && !var.by_ref;
        let options: Vec<_> = self.scope.readable(Reads::Any).into_iter().filter(any).collect();
        let deques: Vec<_> =
            self.scope.changeable().into_iter().filter(|var| var.ty == Ty::Deque && !var.by_ref).collect();
        let lists: Vec<_> =
            self.scope.readable(Reads::Any).into_iter().filter(|var| matches!(var.ty, Ty::Vec | Ty::Arr4)).collect();
        let a = self.number(Reads::Any);
        match self.random.below(4) {
            0 if !options.is_empty() => self.random.pick(&options).name,
            1 if !deques.is_empty() => format!("{}.pop_front()", self.random.pick(&deques).name),
            2 if !lists.is_empty() => {
                format!("{}.iter().copied().find(|inner| inner % 4 != 1)", self.random.pick(&lists).name)
            }
            _ => format!("checked({a})"),
        }
    }

    fn if_let(&mut self) {
        let option = self.option();
        let name = self.name();
        let sites = self.with_sites();
        let outside = std::mem::replace(&mut self.sites, sites);
        let (otherwise, mutable) = (self.random.chance(50), if self.random.chance(20) { "mut " } else { "" });
        self.out.open(format!("if let Some({mutable}{name}) = {option} {{"));
        self.branches(1 + usize::from(otherwise), |this, at| {
            if at == 0 {
                this.scope.declare(&name, Ty::U64, Kind::Scratch, !mutable.is_empty());
                this.bind(&[(name.clone(), Ty::U64)]);
            } else {
                this.out.close("} else {");
                this.out.open("");
            }
            this.branch_body();
        });
        self.sites = outside;
        self.out.close("}");
    }

    fn let_chain(&mut self) {
        let (option, condition) = (self.option(), self.condition(Reads::Any));
        let (first, second) = (self.unique("u"), self.unique("v"));
        let sites = self.with_sites();
        let outside = std::mem::replace(&mut self.sites, sites);
        let head = match self.random.below(3) {
            0 => format!(
                "if let Some({first}) = {option} && {first} % 3 != 0 && let Some({second}) = checked({first}) {{"
            ),
            1 => format!("if {condition} && let Some({first}) = {option} && let [{second}, ..] = [{first}, 3] {{"),
            _ => format!("if let (Some({first}), {second}) = ({option}, 6u64) && {condition} {{"),
        };
        self.out.open(head);
        self.branches(1, |this, _| {
            let bound = [(first.clone(), Ty::U64), (second.clone(), Ty::U64)];
            for (name, ty) in &bound {
                this.scope.declare(name, *ty, Kind::Scratch, false);
            }
            this.bind(&bound);
            this.statements(3);
        });
        self.sites = outside;
        self.out.close("}");
    }

    /// Bindings that shall outlive a site are bound again, as the contract asks.
    pub(crate) fn bind(&mut self, bound: &[(String, Ty)]) {
        for (name, ty) in bound {
            if self.sites && self.random.chance(70) {
                let mutable = self.random.chance(30);
                let m = if mutable { "mut " } else { "" };
                self.out.line(format!("{}let {m}{name} = {name};", resumable("#[resume] ")));
                self.scope.declare(name, *ty, if mutable { Kind::Captured } else { Kind::Stable }, mutable);
            }
        }
    }

    fn match_(&mut self) {
        let (scrutinee, arms) = self.arms();
        let sites = self.with_sites();
        let outside = std::mem::replace(&mut self.sites, sites);
        self.out.open(format!("match {scrutinee} {{"));
        self.branches(arms.len(), |this, at| this.arm(&arms[at], at + 1 == arms.len(), None));
        self.sites = outside;
        self.out.close("}");
    }

    /// One arm; `value` is called for its last line.
    fn arm(&mut self, arm: &Arm, last: bool, value: Option<fn(&mut Self)>) {
        for (name, ty) in &arm.bound {
            self.scope.declare(name, *ty, Kind::Scratch, false);
        }
        let numbers: Vec<_> = arm.bound.iter().filter(|(_, ty)| *ty == Ty::U64).collect();
        let guard = match numbers.first() {
            Some((name, _)) if self.random.chance(50) => format!(" if {name} % 2 == 0"),
            None if self.random.chance(20) => format!(" if {}", self.condition(Reads::Any)),
            _ => String::new(),
        };
        let guard = if last { String::new() } else { guard };
        // Arms without braces.
        if value.is_none() && self.random.chance(15) {
            return match self.random.below(3) {
                0 => self.out.line(format!("{}{guard} => {{}}", arm.pattern)),
                1 => self.out.line(format!("{}{guard} => observe(5),", arm.pattern)),
                _ => {
                    let exit = self.exit();
                    self.out.line(format!("{}{guard} => {},", arm.pattern, exit.trim_end_matches(';')));
                }
            };
        }
        self.out.open(format!("{}{guard} => {{", arm.pattern));
        self.bind(&arm.bound);
        match value {
            Some(value) => {
                self.statements(3);
                value(self);
            }
            None => self.branch_body(),
        }
        self.out.close("}");
    }

    /// A scrutinee with patterns that cover it; the last arm takes all that is left.
    fn arms(&mut self) -> (String, Vec<Arm>) {
        let (a, b) = (self.number(Reads::Any), self.number(Reads::Any));
        let views = self.scope.readable(Reads::Stable).into_iter();
        let views: Vec<_> = views.filter(|v| v.ty == Ty::Vec && v.by_ref).collect();
        let form = self.random.below(MATCHES.len());
        let (scrutinee, patterns) = match MATCHES[form] {
            (scrutinee, _) if scrutinee.contains("$list") && views.is_empty() => MATCHES[0],
            chosen => chosen,
        };
        let scrutinee = if scrutinee.contains("$list") {
            scrutinee.replace("$list", &self.random.pick(&views).name)
        } else {
            scrutinee.replace("$a", &a).replace("$b", &b)
        };
        let arms = patterns.iter().map(|pattern| self.named_arm(pattern)).collect();
        (scrutinee, arms)
    }

    /// `$1` and `$2` in a pattern become names that nothing else has.
    fn named_arm(&mut self, pattern: &str) -> Arm {
        let mut arm = Arm { pattern: pattern.to_owned(), bound: Vec::new() };
        for place in ["$1", "$2"] {
            if pattern.contains(place) {
                let name = self.unique("part");
                arm.pattern = arm.pattern.replace(place, &name);
                arm.bound.push((name, Ty::U64));
            }
        }
        arm
    }

    fn let_else(&mut self) {
        let option = self.option();
        let name = self.name();
        let mutable = self.random.chance(30);
        let m = if mutable { "mut " } else { "" };
        let captured = self.random.chance(70);
        let mark = if captured { resumable("#[resume] ") } else { String::new() };
        self.out.open(format!("{mark}let Some({m}{name}) = {option} else {{"));
        self.branches(1, |this, _| {
            if this.random.chance(60) {
                this.change_something();
            }
            if this.random.chance(60) {
                this.site();
            }
            this.leave();
        });
        self.out.close("};");
        let kind = match (captured, mutable) {
            (true, true) => Kind::Captured,
            (true, false) => Kind::Stable,
            (false, _) => Kind::Scratch,
        };
        self.scope.declare(&name, Ty::U64, kind, mutable);
    }

    fn plain_block(&mut self, head: &str) {
        let sites = self.with_sites();
        self.out.open(head);
        self.scoped(sites, |this| this.statements(3));
        self.out.close("}");
    }

    fn unsafe_block(&mut self) {
        self.out.open("unsafe {");
        let sites = self.with_sites();
        self.scoped(sites, |this| {
            let a = this.number(Reads::Any);
            this.store(&format!("raw({a})"));
            this.statements(2);
        });
        self.out.close("}");
    }

    fn labelled_block(&mut self) {
        let label = format!("'{}", self.unique("block"));
        let sites = self.with_sites();
        self.out.open(format!("{label}: {{"));
        self.targets.push(Target { label: Some(label), block: true, valued: false });
        self.scoped(sites, |this| this.statements(4));
        self.targets.pop();
        self.out.close("}");
    }

    fn tail_number(&mut self) {
        let value = self.number(Reads::Any);
        self.out.line(value);
    }

    /// `{ …; value }`, with a label if there is one.
    pub(crate) fn valued_block(&mut self, label: Option<String>) {
        let sites = self.with_sites();
        let head = label.as_ref().map(|label| format!("{label}: ")).unwrap_or_default();
        self.out.open(format!("{head}{{"));
        let labelled = label.is_some();
        if labelled {
            self.targets.push(Target { label, block: true, valued: true });
        }
        self.scoped(sites, |this| {
            this.statements(3);
            this.tail_number();
        });
        if labelled {
            self.targets.pop();
        }
        self.out.close("}");
    }

    pub(crate) fn valued_if(&mut self) {
        let condition = self.condition(Reads::Any);
        self.out.open(format!("if {condition} {{"));
        self.branches(2, |this, at| {
            if at == 1 {
                this.out.close("} else {");
                this.out.open("");
            }
            this.statements(2);
            this.tail_number();
        });
        self.out.close("}");
    }

    pub(crate) fn valued_match(&mut self) {
        let (scrutinee, arms) = self.arms();
        self.out.open(format!("match {scrutinee} {{"));
        self.branches(arms.len(), |this, at| this.arm(&arms[at], at + 1 == arms.len(), Some(Self::tail_number)));
        self.out.close("}");
    }
}
