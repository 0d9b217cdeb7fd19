//! Every property that the cost model names exists in its type's schema.

use super::expression::syntax::Function;
use super::expression::{Expression, Template};
use super::*;
use crate::schema::{TypeSchema, describe};

/// Where names of properties are looked up: a type, and a place in it.
#[derive(Clone)]
struct At<'m> {
    model: &'m model::TypeModel,
    type_name: String,
    pointer: String,
}

impl<'m> At<'m> {
    fn below(&self, path: &[String]) -> String {
        path.iter().fold(self.pointer.clone(), |base, token| crate::domain::pointer::join(&base, token))
    }

    /// The items of the list that an expression names.
    fn items(&self, list: &Expression) -> At<'m> {
        match list {
            Expression::Property(path) => At { pointer: format!("{}/0", self.below(path)), ..self.clone() },
            Expression::Call(Function::Of, arguments) => self.other(&arguments[1]).items(&arguments[2]),
            Expression::Variable(name) => {
                let value = self.model.lets.iter().find(|(let_name, _)| let_name == name);
                self.items(&value.unwrap_or_else(|| panic!("{name} is no list")).1)
            }
            Expression::If(_, yes, _) => self.items(yes),
            other => panic!("{}: no list: {other:?}", self.type_name),
        }
    }

    fn other(&self, type_name: &Expression) -> At<'m> {
        let Expression::Text(name) = type_name else { panic!("{type_name:?} is no type") };
        At { type_name: name.clone(), pointer: String::new(), ..self.clone() }
    }

    fn check(&self, expression: &Expression, faults: &mut Vec<String>) {
        match expression {
            Expression::Property(path) => {
                let place = self.below(path);
                if TypeSchema::embedded(&self.type_name).and_then(|schema| describe(schema, &place)).is_none() {
                    faults.push(format!("{} has no property {place}", self.type_name));
                }
            }
            Expression::Call(Function::Count | Function::Sum, arguments) => {
                self.check(&arguments[0], faults);
                if let Some(inner) = arguments.get(1) {
                    self.items(&arguments[0]).check(inner, faults);
                }
            }
            Expression::Call(Function::Of, arguments) => {
                self.check(&arguments[0], faults);
                self.other(&arguments[1]).check(&arguments[2], faults);
            }
            Expression::Call(Function::Referrers, arguments) => {
                let other = self.other(&arguments[0]);
                arguments[1..].iter().for_each(|argument| other.check(argument, faults));
            }
            Expression::Call(_, arguments) => arguments.iter().for_each(|argument| self.check(argument, faults)),
            Expression::Binary(_, left, right) => {
                self.check(left, faults);
                self.check(right, faults);
            }
            Expression::Not(inner) => self.check(inner, faults),
            Expression::If(condition, yes, no) => {
                [condition, yes, no].into_iter().for_each(|part| self.check(part, faults));
            }
            Expression::Number(_) | Expression::Text(_) | Expression::Boolean(_) | Expression::Variable(_) => {}
        }
    }

    fn check_template(&self, template: &Template, faults: &mut Vec<String>) {
        template.expressions().for_each(|expression| self.check(expression, faults));
    }
}

fn faults(type_name: &str, model: &model::TypeModel) -> Vec<String> {
    let mut faults = Vec::new();
    let at = At { model, type_name: type_name.to_owned(), pointer: String::new() };
    model.lets.iter().for_each(|(_, value)| at.check(value, &mut faults));
    model.usage.iter().for_each(|usage| at.check(&usage.default, &mut faults));
    model.unknown_when.iter().for_each(|guard| at.check(&guard.when, &mut faults));
    model.assume.iter().filter_map(|(when, _)| when.as_ref()).for_each(|when| at.check(when, &mut faults));
    for dimension in &model.dimensions {
        dimension.when.iter().chain(&dimension.each).for_each(|one| at.check(one, &mut faults));
        let item = dimension.each.as_ref().map_or(at.clone(), |list| at.items(list));
        item.check(&dimension.quantity, &mut faults);
        let templates = [Some(&dimension.describe), dimension.price.as_ref(), dimension.region.as_ref()];
        templates.into_iter().flatten().for_each(|template| item.check_template(template, &mut faults));
    }
    faults.sort();
    faults.dedup();
    faults
}

#[test]
fn every_type_and_property_of_the_model_exists() {
    let mut all = Vec::new();
    for type_name in model::types() {
        // Templates have these as well; they have no schema.
        if type_name.starts_with("Custom::") || type_name == "AWS::CDK::Metadata" {
            assert_eq!(model::get(type_name).unwrap().status, model::ModelStatus::Free, "{type_name}");
            continue;
        }
        if !crate::schema::Registry::embedded().contains(type_name) {
            all.push(format!("there is no type {type_name}"));
            continue;
        }
        all.extend(faults(type_name, model::get(type_name).unwrap()));
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn a_property_that_does_not_exist_is_reported() {
    let model = model::get("AWS::EC2::Volume").unwrap();
    assert_eq!(faults("AWS::EC2::Volume", model), Vec::<String>::new());
    // Applied to another type, the same model has unknown properties.
    assert!(faults("AWS::SQS::Queue", model).contains(&"AWS::SQS::Queue has no property /Size".to_owned()));
}
