//! Everything around a body: signatures of all kinds, child functions, and the entry that calls them.

use super::Generator;
use super::parameter::Parameter;
use super::scope::{Kind, Reads, Scope};
use super::text::{Text, resumable, to_plain, to_resumable};
use super::types::Ty;
use crate::random::Random;

/// What a generated function returns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Returns {
    Number,
    Pair,
    Fallible,
    Optional,
    List,
    Unit,
    Opaque,
}

/// Which kind of function a body stands in.
#[derive(Clone, Copy, Default)]
pub(crate) struct Shape {
    pub(crate) generic: bool,
    pub(crate) const_generic: bool,
    pub(crate) is_async: bool,
    /// Draws from the run's own generator.
    pub(crate) ambient: bool,
    pub(crate) host: Host,
    is_unsafe: bool,
    in_macro: bool,
}

/// Where a function is defined.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Host {
    #[default]
    Free,
    Inherent,
    Shared,
    Trait,
}

/// A function that a body may call as a child run.
#[derive(Clone)]
pub(crate) struct Child {
    pub(crate) name: String,
    pub(crate) numbers: usize,
    pub(crate) takes_vector: bool,
    pub(crate) returns: Returns,
    pub(crate) passes: usize,
    pub(crate) recursive: bool,
    pub(crate) is_async: bool,
}

pub(crate) fn module(seed: u64) -> String {
    let marked = marked_module(seed);
    let ambient = marked.contains("draw()") || marked.contains("draw_from(");
    // A plain body that draws needs a run around it; a run without sites, seeded alike.
    let root = if ambient {
        "#[resume_runtime::resumable(seed = 7)]\nfn root() -> Outcome {\n    plain::entry()\n}\n\
         pub fn plain() -> Outcome {\n    whole(root)\n}\n"
    } else {
        "pub fn plain() -> Outcome {\n    plain::entry()\n}\n"
    };
    format!(
        "//! Seed {seed}.\npub mod plain {{\n{}}}\npub mod resumed {{\nuse resume_runtime::{{checkpoint, resumable}};\n{}}}\n\
         use crate::prelude::*;\n{root}pub fn resumed() -> Outcome {{\n    resumed::entry()\n}}\n",
        to_plain(&marked),
        to_resumable(&marked)
    )
}

pub(crate) fn plain_module(seed: u64) -> String {
    format!("//! Seed {seed}.\npub mod plain {{\n{}}}\n", to_plain(&marked_module(seed)))
}

fn marked_module(seed: u64) -> String {
    let mut random = Random::new(seed);
    let ambient = random.chance(25);
    let mut text = "use crate::prelude::*;\n".to_owned();
    let mut children = Vec::new();
    for at in 0..random.below(3) {
        let (source, child) = child(seed ^ (random.next() | 1), at, ambient, children.clone());
        text += &source;
        children.push(child);
    }
    text += &main_function(random, children, ambient);
    text
}

fn generator(random: Random, children: Vec<Child>, shape: Shape, returns: Returns, budget: usize) -> Generator {
    Generator {
        random,
        out: Text::default(),
        scope: Scope::default(),
        targets: Vec::new(),
        children,
        shape,
        returns,
        log: None,
        budget,
        weight: 1,
        passes: 0,
        sites: true,
        left: false,
        named: 0,
        unique: 0,
    }
}

/// A small function with numbers as parameters, maybe a vector, maybe recursive.
fn child(seed: u64, at: usize, ambient: bool, children: Vec<Child>) -> (String, Child) {
    let mut random = Random::new(seed);
    let recursive = random.chance(35);
    let returns = random.pick(&[Returns::Number, Returns::Number, Returns::Pair, Returns::Fallible, Returns::Optional]);
    let shape = Shape { ambient, is_async: !recursive && random.chance(12), ..Shape::default() };
    let takes_vector = random.chance(40);
    let numbers = random.between(1, 3);
    let budget = random.between(3, 7);
    let mut this = generator(random, children, shape, returns, budget);
    let name = format!("child_{at}");
    let mut parameters: Vec<String> = Vec::new();
    for number in 0..numbers {
        let parameter = if recursive && number == 0 { "depth".to_owned() } else { format!("arg{number}") };
        this.scope.declare(&parameter, Ty::U64, Kind::Stable, false);
        parameters.push(format!("{parameter}: u64"));
    }
    if takes_vector {
        parameters.push(format!("{}list: &mut Vec<u64>", resumable("#[resume] ")));
        this.scope.declare_as("list", Ty::Vec, Kind::Captured, true, true);
    }
    this.out.line(resumable("#[resumable]"));
    let start = if shape.is_async { "async fn" } else { "fn" };
    this.out.open(format!("{start} {name}({}){} {{", parameters.join(", "), returns.written()));
    this.scope.enter();
    this.passes = if recursive { super::MAX_PASSES - 16 } else { super::MAX_PASSES - 30 };
    let first = this.passes;
    this.statements(3);
    if recursive {
        this.recurse(&name, numbers, takes_vector);
    }
    this.statements(3);
    this.site();
    this.finish();
    let mut passes = this.passes - first;
    if recursive {
        passes *= 3;
    }
    let child = Child { name, numbers, takes_vector, returns, passes, recursive, is_async: shape.is_async };
    (this.out.finish(), child)
}

impl Generator {
    fn recurse(&mut self, name: &str, numbers: usize, takes_vector: bool) {
        let mut arguments = vec!["depth - 1".to_owned()];
        for _ in 1..numbers {
            arguments.push(self.number(Reads::Alive));
        }
        if takes_vector {
            arguments.push("&mut *list".to_owned());
            // The vector is lent to the call: what the other arguments read of it must be computed before.
            arguments = arguments.into_iter().map(|text| text.replace("list.", "[1u64, 2].to_vec().")).collect();
        }
        self.out.open("if depth > 0 {");
        self.scope.enter();
        self.site();
        self.store(&format!("{name}({}).word()", arguments.join(", ")));
        self.change_something();
        self.scope.leave();
        self.out.close("}");
    }

    /// The value of a `return`, with a space in front.
    pub(crate) fn returned(&mut self) -> String {
        let value = self.number(Reads::Any);
        let text = self.result_of(&value);
        if text.is_empty() { text } else { format!(" {text}") }
    }

    fn result_of(&mut self, value: &str) -> String {
        match self.returns {
            Returns::Number | Returns::Opaque => value.to_owned(),
            Returns::Pair => format!("({value}, format!(\"{{}}\", {value}))"),
            Returns::Fallible if self.random.chance(20) => format!("Err(Fault::Low({value}))"),
            Returns::Fallible => format!("Ok({value})"),
            Returns::Optional => format!("Some({value})"),
            Returns::List => format!("vec![{value}]"),
            Returns::Unit => String::new(),
        }
    }

    /// The tail: mentions all that is still in scope.
    fn finish(&mut self) {
        if self.returns == Returns::Number && self.random.chance(30) {
            self.valued();
            self.scope.leave();
            return self.out.close("}");
        }
        let all = self.scope.readable(Reads::Any);
        let parts: Vec<String> = all.iter().map(|var| format!("{}.word()", var.name)).collect();
        let fold = format!("[0u64, {}].iter().fold(0, |sum, part| mix(sum, *part))", parts.join(", "));
        if self.returns == Returns::Unit {
            self.out.line(format!("observe({fold});"));
            self.site();
        } else {
            let returns = self.returns;
            let result = match returns {
                Returns::Pair => format!("({fold}, String::from(\"end\"))"),
                _ => self.result_of(&fold),
            };
            self.out.line(result);
        }
        self.scope.leave();
        self.out.close("}");
    }
}

impl Returns {
    fn written(self) -> &'static str {
        match self {
            Self::Number => " -> u64",
            Self::Pair => " -> (u64, String)",
            Self::Fallible => " -> Result<u64, Fault>",
            Self::Optional => " -> Option<u64>",
            Self::List => " -> Vec<u64>",
            Self::Unit => "",
            Self::Opaque => " -> impl std::fmt::Debug + Word",
        }
    }
}

fn shape(random: &mut Random, ambient: bool) -> Shape {
    let base = Shape { ambient, ..Shape::default() };
    match random.below(20) {
        0 => Shape { generic: true, ..base },
        1 => Shape { const_generic: true, ..base },
        2 => Shape { generic: true, const_generic: true, ..base },
        3 | 4 => Shape { is_async: true, ..base },
        5 => Shape { is_unsafe: true, ..base },
        6 => Shape { in_macro: true, ..base },
        7 | 8 => Shape { host: Host::Inherent, ..base },
        9 => Shape { host: Host::Shared, ..base },
        10 => Shape { host: Host::Trait, ..base },
        11 => Shape { host: Host::Inherent, is_async: true, ..base },
        _ => base,
    }
}

fn main_function(mut random: Random, children: Vec<Child>, ambient: bool) -> String {
    let shape = shape(&mut random, ambient);
    let returns = match random.below(12) {
        0..=4 => Returns::Number,
        5 => Returns::Pair,
        6 | 7 => Returns::Fallible,
        8 => Returns::Optional,
        9 => Returns::List,
        10 if shape.host == Host::Free && !shape.is_async => Returns::Opaque,
        _ => Returns::Unit,
    };
    let budget = random.between(12, 34);
    let mut this = generator(random, children, shape, returns, budget);
    let parameters = this.parameters();
    let head = this.head(&parameters);
    if shape.in_macro {
        this.out.open("macro_rules! define { () => {");
    }
    match shape.host {
        Host::Free => {}
        Host::Trait => this.out.open("impl Walk for Host {"),
        Host::Inherent | Host::Shared => this.out.open("impl Host {"),
    }
    this.out.line(resumable(&this.attribute(&parameters)));
    this.out.open(format!("{head}{} {{", returns.written()));
    this.scope.enter();
    for _ in 0..3 {
        this.declare();
    }
    while this.budget > 0 {
        this.statement();
    }
    this.site();
    this.change_something();
    this.finish();
    if shape.host != Host::Free {
        this.out.close("}");
    }
    if shape.in_macro {
        this.out.close("} }");
        this.out.line("define!();");
    }
    entry(&mut this.out, shape, returns, &parameters);
    this.out.finish()
}

impl Generator {
    fn attribute(&self, parameters: &[Parameter]) -> String {
        let mut options = Vec::new();
        if self.shape.ambient {
            options.push("seed = 7".to_owned());
        }
        if parameters.iter().any(|p| p.written == "first: u64") && self.returns == Returns::Pair {
            options.push("key = \"{first}-key\"".to_owned());
        }
        if options.is_empty() { "#[resumable]".to_owned() } else { format!("#[resumable({})]", options.join(", ")) }
    }

    fn head(&mut self, parameters: &[Parameter]) -> String {
        let shape = self.shape;
        let mut generics = Vec::new();
        if shape.generic {
            generics.push("T: Number");
        }
        if shape.const_generic {
            generics.push("const N: usize");
        }
        let generics = if generics.is_empty() { String::new() } else { format!("<{}>", generics.join(", ")) };
        let qualifiers = match (shape.is_async, shape.is_unsafe) {
            (true, _) => "async ",
            (_, true) => "unsafe ",
            _ => "",
        };
        let public = if shape.host == Host::Trait { "" } else { "pub " };
        let written: Vec<&str> = parameters.iter().map(|p| p.written.as_str()).collect();
        format!("{public}{qualifiers}fn walk{generics}({})", written.join(", "))
    }
}

/// `entry()`: calls the function and gives its result and the final state of what it was lent.
fn entry(out: &mut Text, shape: Shape, returns: Returns, parameters: &[Parameter]) {
    if shape.host != Host::Free {
        let derives = "Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize";
        out.line(format!("#[derive({derives})]\npub struct Host {{ total: u64, goods: Vec<u64> }}"));
    }
    if shape.host == Host::Trait {
        let declared: Vec<String> = parameters
            .iter()
            .map(|p| if p.declared.ends_with("self") { p.declared.clone() } else { format!("_: {}", p.declared) })
            .collect();
        out.line(format!("pub trait Walk {{ fn walk({}){}; }}", declared.join(", "), returns.written()));
    }
    out.open("pub fn entry() -> Outcome {");
    if shape.host != Host::Free {
        out.line("let mut host = Host { total: 3, goods: vec![1, 7] };");
    }
    for (before, _) in parameters.iter().filter_map(|p| p.before.as_ref()) {
        out.line(before);
    }
    let generics = match (shape.generic, shape.const_generic) {
        (false, true) => "::<5>",
        (true, true) => "::<u32, 35>",
        _ => "",
    };
    let arguments: Vec<&str> = parameters.iter().map(|p| p.argument.as_str()).filter(|a| !a.is_empty()).collect();
    let receiver = if shape.host == Host::Free { "" } else { "host." };
    let call = format!("{receiver}walk{generics}({})", arguments.join(", "));
    let call = match (shape.is_async, shape.is_unsafe) {
        (true, _) => format!("block_on({call})"),
        (_, true) => format!("unsafe {{ {call} }}"),
        _ => call,
    };
    // As text at once: an opaque result may borrow what was lent.
    out.line(format!("let result = format!(\"{{:?}}\", {call});"));
    let mut shown: Vec<&str> =
        parameters.iter().filter_map(|p| p.before.as_ref()).map(|(_, name)| name.as_str()).collect();
    if shape.host != Host::Free {
        shown.push("host");
    }
    out.line(format!("outcome(result, &({}))", shown.iter().map(|name| format!("&{name}, ")).collect::<String>()));
    out.close("}");
}
