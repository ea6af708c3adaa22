//! Statements: the choice among all, and those without blocks.

use super::function::Returns;
use super::scope::{Kind, Reads};
use super::text::resumable;
use super::types::Ty;
use super::{Generator, MAX_PASSES};

impl Generator {
    pub(crate) fn statement(&mut self) {
        if self.budget == 0 {
            return self.change_something();
        }
        self.budget -= 1;
        match self.random.below(100) {
            0..=2 if self.shape.ambient => self.draw(),
            0..=12 => self.change_something(),
            13..=32 => self.declare(),
            33..=46 => self.site(),
            47..=58 => self.branch(),
            59..=76 => self.repeat(),
            77..=80 => self.exit_if(),
            81..=87 => self.call_child(),
            88..=90 => self.use_buffer(),
            91..=92 => self.item(),
            93..=94 => self.mutate_in_closure(),
            95 => self.check(),
            96..=97 => self.draw(),
            98 => self.move_on(),
            _ => self.write_log(),
        }
    }

    pub(crate) fn change_something(&mut self) {
        match self.change() {
            Some(text) => self.out.line(text),
            None => self.declare_captured(),
        }
    }

    /// A site, if one may stand here and the run does not get too long by it.
    pub(crate) fn site(&mut self) {
        if self.can_stop(1) {
            let site = self.site_text();
            self.out.line(resumable(&format!("{site};")));
            self.passed(1);
        }
    }

    /// Whether `passes` more at this place keep the run short.
    pub(crate) fn can_stop(&self, passes: usize) -> bool {
        self.sites && self.passes + self.weight * passes <= MAX_PASSES
    }

    pub(crate) fn passed(&mut self, passes: usize) {
        self.passes += self.weight * passes;
        self.scope.kill_scratch();
    }

    pub(crate) fn site_text(&mut self) -> String {
        let mut options = Vec::new();
        if self.random.chance(45) {
            options.push(format!("every = {}", self.random.between(1, 5)));
        }
        if self.random.chance(10) {
            options.push(
                self.random
                    .pick(&[
                        "interval = \"2ms\"",
                        "interval = std::time::Duration::from_millis(3)",
                        "interval = \"1h\"",
                    ])
                    .to_owned(),
            );
        }
        if self.random.chance(20) {
            options.push(format!("when = {}", self.condition(Reads::Alive)));
        }
        if self.random.chance(20) {
            options.push(format!("label = \"{}\"", self.unique("at")));
        }
        format!("checkpoint!({})", options.join(", "))
    }

    /// Leaves a loop, a block or the function, under a condition.
    fn exit_if(&mut self) {
        if self.targets.is_empty() && self.random.chance(75) {
            return self.site();
        }
        let condition = self.rare_condition();
        if self.random.chance(40) && matches!(self.returns, Returns::Fallible | Returns::Optional) {
            let checked = self.checked();
            return self.out.line(format!("{checked}?;"));
        }
        self.out.open(format!("if {condition} {{"));
        if self.random.chance(45) {
            self.branches(1, |this, _| {
                this.hand_over();
                this.change_something();
                if this.random.chance(50) {
                    this.site();
                }
                this.leave();
            });
        } else {
            let exit = self.exit();
            self.out.line(exit);
        }
        self.out.close("}");
    }

    /// The end of a branch that does not come to its end.
    pub(crate) fn leave(&mut self) {
        let exit = self.exit();
        self.out.line(exit);
        self.left = true;
    }

    /// The beginning of a branch may take a local of the block that it stands in, which is then dead at its sites.
    pub(crate) fn hand_over(&mut self) {
        if self.random.chance(25) {
            let level = self.scope.level() - 1;
            self.move_from(level);
        }
    }

    /// Most rounds go to their end.
    fn rare_condition(&mut self) -> String {
        let (condition, a) = (self.condition(Reads::Any), self.number(Reads::Any));
        if self.random.chance(25) { condition } else { format!("{condition} && {a} % 5 == 2") }
    }

    /// A `Result` or an `Option` for `?`, which fails now and then.
    pub(crate) fn checked(&mut self) -> String {
        let a = self.number(Reads::Any);
        let function = if self.returns == Returns::Fallible { "check" } else { "checked" };
        format!("{function}({a})")
    }

    /// `break`, `continue` or `return`.
    pub(crate) fn exit(&mut self) -> String {
        if self.targets.is_empty() || self.random.chance(12) {
            let value = self.returned();
            return format!("return{value};");
        }
        let nearest = self.random.chance(65);
        let at = if nearest { self.targets.len() - 1 } else { self.random.below(self.targets.len()) };
        let target = self.targets[at].clone();
        // An unlabelled `break` reaches the innermost loop only, and may not leave a labelled block.
        let bare = at == self.targets.len() - 1 && !target.block;
        let label = match &target.label {
            Some(label) if !bare || self.random.chance(40) => format!(" {label}"),
            None if !bare => return format!("return{};", self.returned()),
            _ => String::new(),
        };
        if !target.block && self.random.chance(45) {
            return format!("continue{label};");
        }
        let value = if target.valued { format!(" {}", self.number(Reads::Any)) } else { String::new() };
        format!("break{label}{value};")
    }

    /// A child run, its result mixed into a local or bound.
    fn call_child(&mut self) {
        let fits = |child: &super::Child| {
            self.passes + self.weight * child.passes <= MAX_PASSES && (!child.is_async || self.shape.is_async)
        };
        let children: Vec<_> = self.children.iter().filter(|child| fits(child)).cloned().collect();
        if children.is_empty() {
            return self.change_something();
        }
        let child = self.random.pick(&children);
        let vectors: Vec<_> = self.scope.changeable().into_iter().filter(|var| var.ty == Ty::Vec).collect();
        if child.takes_vector && vectors.is_empty() {
            return self.declare_vector();
        }
        let lent = child.takes_vector.then(|| self.random.pick(&vectors));
        let kind = lent.as_ref().and_then(|var| self.scope.set_kind(&var.name, Kind::Dead));
        let mut arguments: Vec<String> = (0..child.numbers).map(|_| self.number(Reads::Any)).collect();
        if child.recursive {
            arguments[0] = self.random.between(0, 2).to_string();
        }
        if let (Some(var), Some(kind)) = (&lent, kind) {
            self.scope.set_kind(&var.name, kind);
            arguments.push(format!("{}{}", if var.by_ref { "&mut *" } else { "&mut " }, var.name));
        }
        self.passes += self.weight * child.passes;
        let awaited = if child.is_async { ".await" } else { "" };
        let tried = if child.returns == self.returns && matches!(self.returns, Returns::Fallible | Returns::Optional) {
            "?"
        } else {
            ""
        };
        let call = format!("{}({}){awaited}{tried}.word()", child.name, arguments.join(", "));
        self.store(&call);
    }

    /// Puts a number with side effects into a new captured local, a new scratch one or an old one.
    pub(crate) fn store(&mut self, number: &str) {
        let numbers: Vec<_> =
            self.scope.changeable().into_iter().filter(|var| var.ty == Ty::U64 && !var.by_ref).collect();
        if !numbers.is_empty() && self.random.chance(60) {
            let name = self.random.pick(&numbers).name;
            return self.out.line(match self.random.below(2) {
                0 => format!("{name} ^= {number};"),
                _ => format!("{name} = mix({name}, {number});"),
            });
        }
        let name = self.name();
        if self.random.chance(30) {
            self.out.line(format!("let {name} = {number};"));
            return self.scope.declare(&name, Ty::U64, Kind::Scratch, false);
        }
        self.out.line(format!("{}let {name} = {number};", resumable("#[resume] ")));
        self.scope.declare(&name, Ty::U64, Kind::Stable, false);
    }

    /// A transient buffer is filled anew before it is read.
    fn use_buffer(&mut self) {
        let buffers = self.scope.of_kind(Kind::Buffer);
        let Some(buffer) = buffers.last() else {
            return self.declare_buffer();
        };
        let name = &buffer.name;
        let (a, b) = (self.number(Reads::Any), self.number(Reads::Any));
        self.out.line(format!("{name}.clear();"));
        self.out.line(format!("{name}.extend([{a}, {b}]);"));
        self.store(&format!("{name}.iter().fold(3, |s, n| mix(s, *n))"));
    }

    /// A closure that borrows a captured local mutably, gone before any site.
    fn mutate_in_closure(&mut self) {
        let numbers: Vec<_> =
            self.scope.changeable().into_iter().filter(|var| var.ty == Ty::U64 && !var.by_ref).collect();
        if numbers.is_empty() {
            return self.change_something();
        }
        let name = self.random.pick(&numbers).name;
        let kind = self.scope.set_kind(&name, Kind::Dead).expect("BUG: a visible local is in scope");
        let a = self.number(Reads::Any);
        self.scope.set_kind(&name, kind);
        let closure = self.unique("bump");
        self.out.line(format!("let mut {closure} = |k: u64| {name} = mix({name}, k);"));
        self.out.line(format!("{closure}({a});"));
        self.out.line(format!("{closure}(4);"));
    }

    /// An item in the body; what follows uses it.
    fn item(&mut self) {
        let a = self.random.between(1, 60);
        match self.random.below(4) {
            0 => {
                let name = self.unique("LIMIT");
                self.out.line(format!("const {name}: u64 = {a};"));
                self.scope.declare(&name, Ty::U64, Kind::Stable, false);
            }
            1 => {
                let name = self.unique("helper");
                self.out.line(format!("fn {name}(k: u64) -> u64 {{ mix(k, {a}) }}"));
                self.scope.declare(&name, Ty::U64, Kind::Closure, false);
            }
            2 => {
                let name = self.unique("triple");
                self.out.line(format!("macro_rules! {name} {{ ($e:expr) => {{ mix($e, {a}) }} }}"));
                self.scope.declare(&format!("{name}!"), Ty::U64, Kind::Closure, false);
            }
            _ => {
                let (name, local) = (self.unique("Inner"), self.unique("inner"));
                self.out.line("#[derive(serde::Serialize, serde::Deserialize)]");
                self.out.line(format!("struct {name} {{ part: u64 }}"));
                self.out.line(format!("{}let mut {local} = {name} {{ part: {a} }};", resumable("#[resume] ")));
                self.scope.declare(&format!("{local}.part"), Ty::U64, Kind::Captured, true);
            }
        }
    }

    fn check(&mut self) {
        if self.shape.is_async {
            return self.out.line("pause().await;");
        }
        let (a, b) = (self.number(Reads::Any), self.number(Reads::Any));
        match self.random.below(3) {
            0 => self.out.line(format!("assert!({a} <= u64::MAX, \"{{}}\", {b});")),
            1 => self.out.line(format!("debug_assert_ne!(Some({a}), None, \"never {{}}\", {b});")),
            _ => self.out.line(format!("let _ = ({a}, {b});")),
        }
    }

    /// A number from a captured generator or from the run's own.
    fn draw(&mut self) {
        if self.shape.ambient && self.random.chance(60) {
            let source = self.random.pick(&["draw()", "draw_from(\"walk\")", "draw()"]);
            return self.store(source);
        }
        if !self.scope.changeable().iter().any(|var| var.ty == Ty::Rng) {
            self.declare_one(Ty::Rng);
        }
        let generators: Vec<_> = self.scope.changeable().into_iter().filter(|var| var.ty == Ty::Rng).collect();
        let name = self.random.pick(&generators).name;
        self.store(&format!("{name}.next_u64()"));
    }

    /// Moves a captured local into a new one; the old name is gone.
    fn move_on(&mut self) {
        let level = self.scope.level();
        self.move_from(level);
    }

    /// The same with a local that was declared `level` blocks deep.
    fn move_from(&mut self, level: usize) {
        let here = |var: &super::scope::Var| {
            var.level == level && !var.by_ref && !var.stays && !var.ty.is_copy() && !var.name.contains('.') && level > 1
        };
        let owned: Vec<_> = self.scope.changeable().into_iter().filter(here).collect();
        if owned.is_empty() {
            return self.change_something();
        }
        let old = self.random.pick(&owned);
        self.scope.set_kind(&old.name, Kind::Dead);
        let name = if self.random.chance(50) { old.name.clone() } else { self.name() };
        let mark = resumable("#[resume] ");
        self.out.line(format!("{mark}let mut {name} = {};", old.name));
        self.scope.declare(&name, old.ty, Kind::Captured, true);
    }

    fn write_log(&mut self) {
        let a = self.number(Reads::Any);
        match self.log.clone() {
            Some(log) => self.out.line(format!("{log}.push({a});")),
            None => self.out.line(format!("observe({a});")),
        }
    }
}
