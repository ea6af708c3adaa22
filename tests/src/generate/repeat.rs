//! Loops, sites inside. Each ends after a few rounds, whatever its body does.

use super::scope::{Kind, Reads, Var};
use super::text::resumable;
use super::types::Ty;
use super::{Generator, Target};

/// What a `for` goes over.
struct Source {
    pattern: String,
    expression: String,
    items: Vec<(String, Ty, bool)>,
    rounds: usize,
}

/// Pattern, iterator, the type of `$at` if it is bound, the type of `$item` and whether that is a reference.
type Form = (&'static str, &'static str, Option<Ty>, Ty, bool);

/// Iterators that give the same items again.
const SOURCES: &[Form] = &[
    ("$item", "$list.iter()", None, Ty::U64, true),
    ("$item", "&$list[..]", None, Ty::U64, true),
    ("($at, $item)", "$list.iter().enumerate()", Some(Ty::Usize), Ty::U64, true),
    ("($at, $item)", "$list.iter().enumerate()", Some(Ty::Usize), Ty::U64, true),
    ("&$item", "$list.iter().rev()", None, Ty::U64, false),
    ("($at, &$item)", "$list.iter().enumerate().rev().take(3)", Some(Ty::Usize), Ty::U64, false),
    ("$item", "$list.to_vec()", None, Ty::U64, false),
    ("$item", "$list.chunks(2)", None, Ty::Vec, true),
    ("$item", "(0..3u64).rev()", None, Ty::U64, false),
    ("$item", "[$stable, 4, 5]", None, Ty::U64, false),
    ("$item", "(1..=3u64).map(|k| mix(k, $stable))", None, Ty::U64, false),
    ("($at, $item)", "\"aβz\".char_indices()", Some(Ty::Usize), Ty::Char, false),
    ("$item", "(0..20).step_by(7).filter(|k| k % 2 == 0 || mix($stable, 1) > 9)", None, Ty::I32, false),
    ("($at, $item)", "BTreeMap::from([(1u8, mix($stable, 2)), (4, 9)])", Some(Ty::U8), Ty::U64, false),
];

impl Generator {
    pub(crate) fn repeat(&mut self) {
        // Deep nests run too long, and tell nothing new.
        if self.weight > 24 {
            return self.change_something();
        }
        match self.random.below(12) {
            0..=3 => self.for_range(),
            4..=6 => self.for_other(),
            7 => self.while_(),
            8 => self.while_let(),
            9 => self.loop_(),
            10 => self.for_whole(),
            _ => self.for_passing(),
        }
    }

    fn label(&mut self) -> Option<String> {
        self.random.chance(35).then(|| format!("'{}", self.unique("loop")))
    }

    /// A loop around what `body` writes; scratch is killed before, if there may be sites.
    fn looped(&mut self, head: &str, rounds: usize, valued: bool, body: impl FnOnce(&mut Self)) {
        let label = self.label();
        let shown = label.as_ref().map(|label| format!("{label}: ")).unwrap_or_default();
        let sites = self.sites && self.random.chance(85);
        if sites {
            self.scope.kill_scratch();
        }
        self.out.open(format!("{shown}{head} {{"));
        self.targets.push(Target { label, block: false, valued });
        self.weight *= rounds;
        self.scoped(sites, body);
        self.weight /= rounds;
        self.targets.pop();
        self.out.close("}");
    }

    /// A body that often ends with a site, with or without a semicolon.
    fn round(&mut self) {
        self.statements(4);
        if self.random.chance(60) && self.can_stop(1) {
            let semicolon = if self.random.chance(70) { ";" } else { "" };
            let site = self.site_text();
            self.out.line(resumable(&format!("{site}{semicolon}")));
            self.passed(1);
        }
    }

    fn for_range(&mut self) {
        let name = self.name();
        let rounds = self.random.between(1, 4);
        let bound = if self.random.chance(40) {
            format!("({} % {rounds} + 1)", self.number(Reads::Any))
        } else {
            format!("{rounds}u64")
        };
        let (range, ty) = match self.random.below(9) {
            0..=2 => (format!("0..{bound}"), Ty::U64),
            3 => (format!("1..={bound}"), Ty::U64),
            4 => (format!("-1i32..={}", rounds as i32 - 2), Ty::I32),
            5 => (format!("0..{rounds}usize"), Ty::Usize),
            6 => (format!("'a'..='{}'", ["a", "b", "c", "d"][rounds - 1]), Ty::Char),
            7 => (format!("{}u8..", 255 - rounds), Ty::U8),
            _ => (format!("({bound}..{bound} + 2)"), Ty::U64),
        };
        let open_ended = range.ends_with("..");
        let pattern = if self.random.chance(15) && !open_ended { "_".to_owned() } else { name.clone() };
        let typed = if range.starts_with("0..") && ty == Ty::U64 { range.replace("0..", "0u64..") } else { range };
        self.looped(&format!("for {pattern} in {typed}"), rounds.max(2), false, |this| {
            if pattern != "_" {
                this.scope.declare(&name, ty, Kind::Stable, false);
            }
            if open_ended {
                this.out.line(format!("if {name} == 254 {{ break; }}"));
            }
            this.round();
        });
    }

    /// Iterators that are made again on resume.
    fn for_other(&mut self) {
        let source = self.source();
        let mentioned: Vec<Var> = self.scope.visible();
        for var in &mentioned {
            if source.expression.contains(&var.name) {
                self.scope.pin(&var.name, true);
            }
        }
        self.looped(&format!("for {} in {}", source.pattern, source.expression), source.rounds, false, |this| {
            for (name, ty, by_ref) in &source.items {
                this.scope.declare_as(name, *ty, Kind::Stable, false, *by_ref);
            }
            this.round();
        });
    }

    fn source(&mut self) -> Source {
        let (item, at) = (self.name(), self.unique("at"));
        let lists = self.scope.readable(Reads::Stable).into_iter();
        let lists: Vec<_> = lists.filter(|var| var.ty == Ty::Vec).collect();
        let stable = self.number(Reads::Stable);
        let list = match lists.as_slice() {
            [] => format!("[{stable}, 2, 3]"),
            lists => self.random.pick(lists).name,
        };
        let fill = |text: &str| {
            let text = text.replace("$item", &item).replace("$at", &at);
            text.replace("$list", &list).replace("$stable", &stable)
        };
        let (pattern, expression, positions, ty, by_ref) = self.random.pick(SOURCES);
        let mut items = vec![(item.clone(), ty, by_ref)];
        items.extend(positions.map(|ty| (at.clone(), ty, false)));
        Source { pattern: fill(pattern), expression: fill(expression), items, rounds: 3 }
    }

    /// `#[resume] for`: the iterator is captured.
    fn for_whole(&mut self) {
        let name = self.name();
        let a = self.number(Reads::Any);
        let source = match self.random.below(2) {
            0 => format!("Countdown::new(({a}) % 3 + 1)"),
            _ => format!("0..({a}) % 4"),
        };
        self.out.line(resumable("#[resume]"));
        self.looped(&format!("for {name} in {source}"), 3, false, |this| {
            this.scope.declare(&name, Ty::U64, Kind::Stable, false);
            if this.random.chance(40) && this.can_stop(1) {
                // Alive at this site, and at none behind it.
                let site = this.site_text();
                this.out.line(resumable(&format!("{site};")));
                this.passed(1);
                this.bind(&[(name.clone(), Ty::U64)]);
                this.scope.set_kind(&name, Kind::Dead);
            } else {
                this.bind(&[(name.clone(), Ty::U64)]);
            }
            this.round();
        });
    }

    /// `#[transient] for`: taken as it comes, so what has been done is counted by hand.
    fn for_passing(&mut self) {
        let (done, item) = (self.unique("done"), self.unique("job"));
        let rounds = self.random.between(2, 3);
        self.out.line(format!("{}let mut {done} = 0u64;", resumable("#[resume] ")));
        self.scope.declare(&done, Ty::U64, Kind::Dead, true);
        // Mentioned by the head alone, which runs again.
        let end = if self.random.chance(60) {
            let (end, stable) = (self.unique("end"), self.number(Reads::Stable));
            let mark = if self.random.chance(50) { resumable("#[resume] ") } else { String::new() };
            self.out.line(format!("{mark}let {end} = ({stable}) % 2 + {};", rounds - 1));
            end
        } else {
            rounds.to_string()
        };
        self.out.line(resumable("#[transient]"));
        self.looped(&format!("for {item} in {done}..{end}"), rounds, false, |this| {
            this.out.line(format!("{done} = {item} + 1;"));
            this.scope.declare(&item, Ty::U64, Kind::Scratch, false);
            this.bind(&[(item.clone(), Ty::U64)]);
            this.round();
        });
    }

    /// A counter that ends a loop whatever its body does.
    pub(crate) fn fuel(&mut self) -> (String, usize) {
        let (fuel, rounds) = (self.unique("round"), self.random.between(1, 4));
        let mark = resumable("#[resume] ");
        self.out.line(format!("{mark}let mut {fuel} = 0;"));
        self.scope.declare(&fuel, Ty::I32, Kind::Dead, true);
        (fuel, rounds)
    }

    fn while_(&mut self) {
        let (fuel, rounds) = self.fuel();
        let extra = if self.random.chance(40) {
            format!(" && !matches!({} % 11, 3)", self.number(Reads::Alive))
        } else {
            String::new()
        };
        let head = match self.random.below(4) {
            0 => format!("while {fuel} <= {}{extra}", rounds - 1),
            1 => format!("while {fuel} != {rounds}"),
            2 => format!("while {rounds} > {fuel}{extra}"),
            _ => format!("while {fuel} < {rounds}{extra}"),
        };
        self.looped(&head, rounds, false, |this| {
            this.out.line(format!("{fuel} += 1;"));
            this.round();
        });
    }

    fn while_let(&mut self) {
        let queue = match self
            .scope
            .of_kind(Kind::Captured)
            .into_iter()
            .find(|v| v.ty == Ty::Deque && v.mutable && !v.pinned)
        {
            Some(queue) => queue.name,
            None => self.declare_queue(),
        };
        let (job, grows) = (self.unique("job"), self.random.chance(40));
        self.out.line(format!("{queue}.truncate(3);"));
        self.scope.pin(&queue, true);
        let mutable = self.random.chance(25);
        let m = if mutable { "mut " } else { "" };
        let rounds = if grows { 9 } else { 3 };
        self.looped(&format!("while let Some({m}{job}) = {queue}.pop_front()"), rounds, false, |this| {
            if grows {
                this.out.line(format!("if {job} > 3 {{ {queue}.push_back({job} % 3); }}"));
            }
            this.scope.declare(&job, Ty::U64, Kind::Scratch, mutable);
            this.bind(&[(job.clone(), Ty::U64)]);
            this.round();
        });
        self.scope.pin(&queue, false);
    }

    fn declare_queue(&mut self) -> String {
        let name = self.name();
        let (a, b) = (self.number(Reads::Any), self.number(Reads::Any));
        self.out
            .line(format!("{}let mut {name} = VecDeque::from([({a}) % 5, ({b}) % 4, 2]);", resumable("#[resume] ")));
        self.scope.declare(&name, Ty::Deque, Kind::Captured, true);
        name
    }

    fn loop_(&mut self) {
        let (fuel, rounds) = self.fuel();
        let condition = self.condition(Reads::Alive);
        self.looped("loop", rounds, false, |this| {
            let ends = match this.random.below(3) {
                0 => format!("{fuel} == {rounds}"),
                1 => format!("{fuel} > {} || {fuel} > 2 && {condition}", rounds - 1),
                _ => format!("{fuel} >= {rounds} || {fuel} > 2 && {condition}"),
            };
            this.out.line(format!("if {ends} {{ break; }}"));
            this.out.line(format!("{fuel} += 1;"));
            this.round();
        });
    }

    /// A `loop` that breaks with a number.
    pub(crate) fn valued_loop(&mut self) {
        self.out.open("{");
        self.scope.enter();
        let (fuel, rounds) = self.fuel();
        self.fuelled_loop(&fuel, rounds);
        self.scope.leave();
        self.out.close("}");
    }

    /// The same by itself, with a counter that was declared before.
    pub(crate) fn fuelled_loop(&mut self, fuel: &str, rounds: usize) {
        self.looped("loop", rounds, true, |this| {
            let value = this.number(Reads::Alive);
            this.out.line(format!("if {fuel} >= {rounds} {{ break {value}; }}"));
            this.out.line(format!("{fuel} += 1;"));
            this.round();
        });
    }
}
