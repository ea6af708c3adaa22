//! Declarations of every kind the contract knows.

use super::Generator;
use super::scope::{Kind, Reads};
use super::text::resumable;
use super::types::{COMMON, Ty};

const RESUME: &str = "#[resume] ";
const TRANSIENT: &str = "#[transient] ";

impl Generator {
    pub(crate) fn declare(&mut self) {
        match self.random.below(100) {
            0..=29 => self.declare_captured(),
            30..=42 => self.declare_recomputed(),
            43..=56 => self.declare_scratch(),
            57..=60 => self.declare_closure(),
            61..=63 => self.declare_buffer(),
            64..=68 => self.declare_view(),
            69..=78 => self.declare_pattern(),
            79..=83 => self.declare_later(),
            84..=87 => self.declare_inferred(),
            88..=90 => self.declare_guard(),
            _ => self.declare_from_block(),
        }
    }

    fn any_type(&mut self) -> Ty {
        let extra: &[Ty] = match (self.shape.generic, self.shape.const_generic) {
            (true, false) => &[Ty::Generic, Ty::Generic, Ty::Generic],
            (false, true) => &[Ty::ConstArr, Ty::ConstArr],
            (true, true) => &[Ty::Generic, Ty::ConstArr],
            (false, false) => &[],
        };
        if !extra.is_empty() && self.random.chance(20) { self.random.pick(extra) } else { self.random.pick(COMMON) }
    }

    pub(crate) fn declare_captured(&mut self) {
        let ty = self.any_type();
        self.declare_one(ty);
    }

    pub(crate) fn declare_vector(&mut self) {
        self.declare_one(Ty::Vec);
    }

    pub(crate) fn declare_one(&mut self, ty: Ty) {
        let mutable = ty == Ty::Rng || self.random.chance(75);
        let name = self.name();
        let (value, clear) = self.value(ty, Reads::Any);
        self.let_line(RESUME, &name, ty, mutable, &value, clear);
        let kind = if mutable { Kind::Captured } else { Kind::Stable };
        self.scope.declare(&name, ty, kind, mutable);
    }

    fn let_line(&mut self, mark: &str, name: &str, ty: Ty, mutable: bool, value: &str, clear: bool) {
        let mark = if mark.is_empty() { String::new() } else { resumable(mark) };
        let mutability = if mutable { "mut " } else { "" };
        let annotation = if clear && self.random.chance(60) { String::new() } else { format!(": {}", ty.rust()) };
        self.out.line(format!("{mark}let {mutability}{name}{annotation} = {value};"));
    }

    /// A plain immutable `let` whose initialiser reads nothing mutable.
    fn declare_recomputed(&mut self) {
        let ty = self.any_type();
        let (value, clear) = self.value(ty, Reads::Stable);
        let name = self.name();
        // `#[transient]` on an immutable local says the same.
        let mark = if self.random.chance(15) { TRANSIENT } else { "" };
        self.let_line(mark, &name, ty, false, &value, clear);
        self.scope.declare(&name, ty, Kind::Stable, false);
    }

    /// No annotation: dead at every site.
    fn declare_scratch(&mut self) {
        let ty = self.any_type();
        let mutable = self.random.chance(70);
        let (value, clear) = self.value(ty, Reads::Any);
        let name = self.name();
        self.let_line("", &name, ty, mutable, &value, clear);
        self.scope.declare(&name, ty, Kind::Scratch, mutable);
        if mutable {
            self.change_something();
        }
    }

    fn declare_closure(&mut self) {
        let a = self.number(Reads::Stable);
        let name = self.unique("scale");
        self.out.line(format!("let {name} = |k: u64| mix(k, {a});"));
        self.scope.declare(&name, Ty::U64, Kind::Closure, false);
    }

    /// A transient buffer; its initialiser may read captured locals.
    pub(crate) fn declare_buffer(&mut self) {
        let name = self.unique("buffer");
        let captured: Vec<_> =
            self.scope.of_kind(Kind::Captured).into_iter().filter(|var| var.ty == Ty::Vec && !var.by_ref).collect();
        let room =
            if captured.is_empty() { "4".to_owned() } else { format!("{}.len()", self.random.pick(&captured).name) };
        if let Some(var) = room.strip_suffix(".len()") {
            self.scope.pin_from_moves(var);
        }
        self.out.line(format!("{}let mut {name}: Vec<u64> = Vec::with_capacity({room});", resumable(TRANSIENT)));
        self.scope.declare(&name, Ty::Vec, Kind::Buffer, true);
    }

    /// A local that borrows from another one across sites.
    fn declare_view(&mut self) {
        let lists: Vec<_> =
            self.scope.readable(Reads::Stable).into_iter().filter(|var| matches!(var.ty, Ty::Vec | Ty::Str)).collect();
        if lists.is_empty() {
            return self.declare_immutable(Ty::Vec);
        }
        let list = self.random.pick(&lists);
        let name = self.name();
        let text = match (list.ty, self.random.below(3)) {
            (Ty::Vec, 0) => format!("let {name} = &{}[..];", list.name),
            (Ty::Vec, 1) => format!("let {name} = {0}.get(1..).unwrap_or(&{0}[..0]);", list.name),
            (Ty::Vec, _) => format!("let {name}: &[u64] = {}.as_ref();", list.name),
            (_, 0) => {
                format!("let ref {name} = {};", if list.by_ref { format!("*{}", list.name) } else { list.name.clone() })
            }
            (_, _) => format!("let {name} = {}.trim_start_matches('<');", list.name),
        };
        self.out.line(text);
        self.scope.declare_as(&name, list.ty, Kind::Stable, false, true);
    }

    pub(crate) fn declare_immutable(&mut self, ty: Ty) {
        let name = self.name();
        let (value, _) = self.value(ty, Reads::Any);
        self.let_line(RESUME, &name, ty, false, &value, false);
        self.scope.declare(&name, ty, Kind::Stable, false);
    }

    /// Tuples, structs, arrays, `@` and `ref` on the left of a `let`.
    fn declare_pattern(&mut self) {
        let captured = self.random.chance(65);
        let reads = if captured { Reads::Any } else { Reads::Stable };
        let (a, b) = (self.number(reads), self.number(reads));
        let (first, second) = (self.unique("p"), self.unique("q"));
        let mutable = captured && self.random.chance(60);
        let m = if mutable { "mut " } else { "" };
        let (pattern, value, types) = match self.random.below(6) {
            0 => (format!("({m}{first}, {second})"), format!("({a}, ({b} % 90) as u8)"), [Ty::U64, Ty::U8]),
            1 => (format!("[{m}{first}, .., {second}]"), format!("[{a}, 1, {b}]"), [Ty::U64, Ty::U64]),
            2 => (
                format!("Point {{ x: {m}{first}, y: {second}, .. }}"),
                format!("Point::at({a} ^ {b})"),
                [Ty::U64, Ty::F64],
            ),
            3 => (format!("{m}{first} @ [{second}, ..]"), format!("[{a}, {b}, 0, 9]"), [Ty::Arr4, Ty::U64]),
            4 => (
                format!("(({m}{first}, _), [{second}, _])"),
                format!("((format!(\"{{}}\", {a} % 9), 1), [{b}, 2])"),
                [Ty::Str, Ty::U64],
            ),
            _ => (format!("({m}{first}, {second})"), format!("(Some({a}), vec![{b}; 2])"), [Ty::Opt, Ty::Vec]),
        };
        let mark = if captured { resumable(RESUME) } else { String::new() };
        self.out.line(format!("{mark}let {pattern} = {value};"));
        let kind = if mutable { Kind::Captured } else { Kind::Stable };
        self.scope.declare(&first, types[0], kind, mutable);
        self.scope.declare(&second, types[1], Kind::Stable, false);
    }

    /// `#[resume] let x;`, set in two branches.
    fn declare_later(&mut self) {
        let name = self.name();
        let (condition, a, b) = (self.condition(Reads::Any), self.number(Reads::Any), self.number(Reads::Any));
        let mark = resumable(RESUME);
        let (fresh, annotation) = (self.unique("chosen"), if self.random.chance(50) { ": u64" } else { "" });
        self.out.line(format!("{mark}let {fresh}{annotation};"));
        self.out.line(format!("if {condition} {{ {fresh} = mix({a}, 1); }} else {{ {fresh} = mix({b}, 2); }}"));
        self.scope.declare(&fresh, Ty::U64, Kind::Captured, false);
        if self.random.chance(30) {
            self.out.line(format!("{mark}let {name} = {fresh} % 1000;"));
            self.scope.declare(&name, Ty::U64, Kind::Stable, false);
        }
    }

    /// Types that only later statements tell.
    fn declare_inferred(&mut self) {
        let name = self.unique("guess");
        let a = self.number(Reads::Any);
        let mark = resumable(RESUME);
        let (first, then, ty) = match self.random.below(5) {
            0 => ("Vec::new()", format!("{name}.push(mix({a}, 3));"), Ty::Vec),
            1 => ("0", format!("{name} += mix({a}, 4) % 4096;"), Ty::U64),
            2 => ("None", format!("{name} = Some(mix({a}, 5)).filter(|n| {name} != Some(*n));"), Ty::Opt),
            3 => ("0.0", format!("{name} += (mix({a}, 6) % 100) as f64;"), Ty::F64),
            _ => ("Default::default()", format!("{name} = mix({a}, 7).to_string();"), Ty::Str),
        };
        self.out.line(format!("{mark}let mut {name} = {first};"));
        self.out.line(then);
        self.scope.declare(&name, ty, Kind::Captured, true);
    }

    /// A name with `_` in front is alive to the end of its scope.
    fn declare_guard(&mut self) {
        let name = format!("_{}", self.unique("guard"));
        let a = self.number(Reads::Stable);
        self.out.line(format!("let {name} = Guard::new({a});"));
        self.scope.declare(&name, Ty::U64, Kind::Dead, false);
    }

    /// An initialiser with statements, sites among them.
    fn declare_from_block(&mut self) {
        let name = self.unique("made");
        let mutable = self.random.chance(50);
        let before = self.random.chance(30);
        let mark = resumable(RESUME);
        let fuel = self.random.chance(25).then(|| self.fuel());
        self.out.open(format!(
            "{mark}let {}{name}{} =",
            if mutable { "mut " } else { "" },
            if before { ": u64" } else { "" }
        ));
        match fuel {
            Some((fuel, rounds)) => self.fuelled_loop(&fuel, rounds),
            None => self.valued(),
        }
        self.out.close(";");
        let kind = if mutable { Kind::Captured } else { Kind::Stable };
        self.scope.declare(&name, Ty::U64, kind, mutable);
    }

    /// A block, a branch or a loop whose value is a `u64`.
    pub(crate) fn valued(&mut self) {
        match self.random.below(6) {
            0 => self.valued_block(None),
            1 => {
                let label = format!("'{}", self.unique("block"));
                self.valued_block(Some(label));
            }
            2 | 3 => self.valued_if(),
            4 => self.valued_match(),
            _ => self.valued_loop(),
        }
    }
}
