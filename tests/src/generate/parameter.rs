//! Parameters of every kind the contract knows.

use super::Generator;
use super::function::{Host, Returns};
use super::scope::Kind;
use super::text::resumable;
use super::types::Ty;

/// One parameter: how it is written, how a trait declares it, and what the entry passes.
pub(crate) struct Parameter {
    pub(crate) written: String,
    pub(crate) declared: String,
    pub(crate) argument: String,
    /// What the entry must make before the call, and show after it.
    pub(crate) before: Option<(String, String)>,
}

impl Generator {
    pub(crate) fn parameters(&mut self) -> Vec<Parameter> {
        let mut all = Vec::new();
        match self.shape.host {
            Host::Free => {}
            Host::Shared => {
                all.push(Parameter::new("&self", "&self", ""));
                self.scope.declare("self.total", Ty::U64, Kind::Stable, false);
                self.scope.declare("self.goods", Ty::Vec, Kind::Stable, false);
            }
            Host::Inherent | Host::Trait => {
                all.push(Parameter::new(&(resumable("#[resume] ") + "&mut self"), "&mut self", ""));
                self.scope.declare("self.total", Ty::U64, Kind::Captured, true);
                self.scope.declare("self.goods", Ty::Vec, Kind::Captured, true);
            }
        }
        if self.shape.generic {
            self.scope.declare("seed", Ty::Generic, Kind::Stable, false);
            all.push(Parameter::new("seed: T", "T", "41u32"));
        }
        all.push(self.number_parameter("first"));
        for at in 0..self.random.below(4) {
            let parameter = self.parameter(at);
            all.push(parameter);
        }
        if self.returns == Returns::Unit || self.random.chance(30) {
            all.push(self.lent("kept", "Vec<u64>", "vec![4, 5, 6]", Ty::Vec));
        }
        all
    }

    fn number_parameter(&mut self, name: &str) -> Parameter {
        self.scope.declare(name, Ty::U64, Kind::Stable, false);
        let argument = self.random.between(0, 5000).to_string();
        Parameter::new(&format!("{name}: u64"), "u64", &argument)
    }

    /// A captured `&mut` parameter.
    fn lent(&mut self, name: &str, target: &str, value: &str, ty: Ty) -> Parameter {
        self.scope.declare_as(name, ty, Kind::Captured, true, true);
        let mark = resumable("#[resume] ");
        let mut parameter =
            Parameter::new(&format!("{mark}{name}: &mut {target}"), &format!("&mut {target}"), &format!("&mut {name}"));
        parameter.before = Some((format!("let mut {name} = {value};"), name.to_owned()));
        parameter
    }

    fn parameter(&mut self, at: usize) -> Parameter {
        let mark = resumable("#[resume] ");
        match self.random.below(13) {
            0 => self.number_parameter(&format!("more{at}")),
            1 => {
                self.scope.declare_as(&format!("words{at}"), Ty::Vec, Kind::Stable, false, true);
                Parameter::new(&format!("words{at}: &[u64]"), "&[u64]", "&[3, 1, 4]")
            }
            2 => {
                self.scope.declare_as(&format!("text{at}"), Ty::Str, Kind::Stable, false, true);
                Parameter::new(&format!("text{at}: &str"), "&str", "\"<héllo\"")
            }
            3 => {
                self.scope.declare(&format!("left{at}"), Ty::U64, Kind::Stable, false);
                self.scope.declare(&format!("right{at}"), Ty::Str, Kind::Stable, false);
                Parameter::new(
                    &format!("(left{at}, right{at}): (u64, String)"),
                    "(u64, String)",
                    "(12, String::from(\"r\"))",
                )
            }
            4 => {
                self.scope.declare(&format!("px{at}"), Ty::U64, Kind::Stable, false);
                self.scope.declare(&format!("py{at}"), Ty::F64, Kind::Stable, false);
                Parameter::new(&format!("Point {{ x: px{at}, y: py{at}, .. }}: Point"), "Point", "Point::at(77)")
            }
            5 => {
                self.scope.declare(&format!("one{at}"), Ty::U64, Kind::Stable, false);
                Parameter::new(&format!("[one{at}, ..]: [u64; 4]"), "[u64; 4]", "[8, 6, 4, 2]")
            }
            6 => {
                self.scope.declare(&format!("held{at}"), Ty::U64, Kind::Captured, true);
                Parameter::new(&format!("{mark}mut held{at}: u64"), "u64", "17")
            }
            7 => {
                self.scope.declare(&format!("own{at}"), Ty::Vec, Kind::Captured, true);
                Parameter::new(&format!("{mark}mut own{at}: Vec<u64>"), "Vec<u64>", "vec![9, 8]")
            }
            8 => self.lent(&format!("row{at}"), "[u64]", "[5u64, 6, 7, 8]", Ty::Arr4),
            9 => self.lent(&format!("point{at}"), "Point", "Point::at(5)", Ty::Point),
            10 => self.lent(&format!("map{at}"), "BTreeMap<u8, String>", "BTreeMap::new()", Ty::Map),
            11 => {
                self.scope.declare(&format!("map_with{at}"), Ty::U64, Kind::Closure, false);
                let (mark, kind) = (resumable("#[transient] "), if self.shape.is_async { " + Send" } else { "" });
                let written = format!("{mark}map_with{at}: impl Fn(u64) -> u64{kind}");
                Parameter::new(&written, "impl Fn(u64) -> u64", "|k| k.rotate_left(5)")
            }
            _ => {
                let name = format!("log{at}");
                self.log = Some(name.clone());
                let mark = resumable("#[transient] ");
                let mut parameter =
                    Parameter::new(&format!("{mark}{name}: &mut Vec<u64>"), "&mut Vec<u64>", &format!("&mut {name}"));
                // Not compared: what was logged after the snapshot is logged again.
                parameter.before = Some((format!("let mut {name} = Vec::new();"), "0".to_owned()));
                parameter
            }
        }
    }
}

impl Parameter {
    fn new(written: &str, declared: &str, argument: &str) -> Self {
        Self { written: written.to_owned(), declared: declared.to_owned(), argument: argument.to_owned(), before: None }
    }
}
