//! Desired resources from a template.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::compare::separate;
use crate::domain::diagnostic::{Code, Diagnostic};
use crate::domain::intrinsics::{Symbol, resolve_symbols};
use crate::domain::plan::{ChecklistItem, ChecklistState, Plan};
use crate::domain::project::{Environment, Project};
use crate::domain::resource::{
    DesiredResource, LiveResource, NamedResource, ResourceRef, SeparateElement, references_in, sub_variables,
};
use crate::domain::{dynamic, pointer, symbol, tags};
use crate::estimate::Estimate;
use crate::pipeline::estate;
use crate::pipeline::load::Loaded;
use crate::pipeline::plan::children::{self, ChildRecord};
use crate::pipeline::plan::desired::{Declared, Desired, Existing, Origin, Ownership};
use crate::pipeline::plan::identity::{Found, Lookup, Wanted};
use crate::pipeline::plan::reconcile::{self, Decision};
use crate::pipeline::plan::stack::Stack;
use crate::pipeline::plan::steps::creation_token;
use crate::pipeline::plan::{PlanContext, Planned, Side, assemble, tagging, tokens_between};
use crate::pipeline::ports::CloudError;
use crate::promotion::desired as promotion;
use crate::schema::{AccountRegion, Registry, TypeSchema, general_facts, predict_identifier};

/// What `create` plans for.
pub struct TemplatePlan<'a> {
    /// The template.
    pub loaded: &'a Loaded,
    /// The name of the stack.
    pub stack: &'a str,
    /// Changes made in the account are left as they are.
    pub keep_live: bool,
}

/// Plans the changes that take the resources of a stack to their template.
///
/// # Errors
/// AWS could not be read.
pub async fn plan(
    context: &PlanContext<'_>,
    side: &Side<'_>,
    request: &TemplatePlan<'_>,
) -> Result<(Planned, Estimate), CloudError> {
    let (environment, loaded) = (side.environment, request.loaded);
    let mut plan = Plan::new(context.as_of, environment, side.registry());
    plan.secrets = loaded.secrets.clone();
    plan.callers = tagging::callers(&[side]);
    let names: BTreeSet<&str> = loaded.resources.iter().map(|resource| resource.logical_id.as_str()).collect();
    for resource in &loaded.resources {
        let Some(type_schema) = side.registry().get(&resource.type_name) else { continue };
        plan.problems.extend(unresolvable_values(resource, type_schema, &names));
        plan.problems.extend(unpromotable_name(context.project, environment, type_schema, resource));
    }
    let (resolved, dropped) = declared_resources(side, request, context.begun).await?;
    let mut kept = Vec::new();
    for one in &resolved {
        if let (Origin::Template(declared), Some(live)) = (&one.origin, one.counterpart()) {
            let (_, places) = reconcile::compare_declared(one, declared, live);
            kept.extend(places.into_iter().map(|place| (live.resource.clone(), place)));
        }
    }
    let (mut planned, estimate, desired) = assemble(context, side, None, resolved, plan).await?;
    planned.unchanged.kept = kept;
    planned.unchanged.dropped = dropped;
    planned.notes.extend(notes(side, &planned));
    let conflicts =
        desired.iter().filter(|one| matches!(one.existing, Existing::Foreign(_) | Existing::Unclear(_))).count();
    planned.checklist = vec![
        ChecklistItem {
            item: "account verified",
            state: ChecklistState::Ok,
            evidence: format!("STS: {}", side.account.arn()),
        },
        ChecklistItem {
            item: "template valid",
            state: ChecklistState::Ok,
            evidence: format!("{} resource(s) checked against their schemas", loaded.resources.len()),
        },
        ChecklistItem {
            item: "no conflicting resources",
            state: if conflicts == 0 { ChecklistState::Ok } else { ChecklistState::Open },
            evidence: format!("{conflicts} name(s) of the template belong to other resources"),
        },
    ];
    Ok((planned, estimate))
}

/// Returns the resources of a template with the existing ones, and the live resources of the stack that it no longer contains.
/// `begun` are the client tokens of an interrupted run.
///
/// # Errors
/// AWS could not be read.
pub async fn declared_resources(
    side: &Side<'_>,
    request: &TemplatePlan<'_>,
    begun: &BTreeSet<String>,
) -> Result<(Vec<Desired>, Vec<NamedResource>), CloudError> {
    let resources = &request.loaded.resources;
    let names: BTreeSet<&str> = resources.iter().map(|resource| resource.logical_id.as_str()).collect();
    let stack = Stack::read(side.reader, request.stack, side.events).await?;
    let resolver = Resolver { side, stack: &stack, names: &names, begun, keep_live: request.keep_live };
    let mut resolved = resolver.resolve(resources).await?;
    note_separate_elements(&mut resolved);
    let gone = dropped(side, &stack, &names).await?;
    let mut dropped = dropped_children(side, &mut resolved, &gone, &names).await?;
    dropped.extend(gone.into_iter().map(|(logical_id, live)| NamedResource { logical_id, resource: live.resource }));
    dropped.sort();
    dropped.dedup_by(|a, b| a.resource == b.resource);
    Ok((resolved, dropped))
}

/// Records which elements of the lists of resources are resources of their own.
fn note_separate_elements(resolved: &mut [Desired]) {
    let places: Vec<(usize, SeparateElement)> = resolved
        .iter()
        .filter_map(|one| {
            let place = separate::place_of(one.type_name(), &one.properties)?;
            let is_owner = |other: &Desired| {
                let is_named = match place.owner.as_str() {
                    Some(name) => {
                        let live = other.counterpart().map(|live| live.resource.identifier.as_str());
                        live == Some(name) || other.identifier.as_deref() == Some(name)
                    }
                    None => references_in(place.owner).contains(&other.logical_id),
                };
                is_named && other.type_name() == place.owner_type
            };
            Some((resolved.iter().position(is_owner)?, place.element))
        })
        .collect();
    for (at, element) in places {
        if let Some(Origin::Template(declared)) = resolved.get_mut(at).map(|one| &mut one.origin) {
            declared.separate.push(element);
        }
    }
}

/// Returns the live resources of the stack that the template no longer contains.
async fn dropped(
    side: &Side<'_>,
    stack: &Stack,
    names: &BTreeSet<&str>,
) -> Result<Vec<(String, LiveResource)>, CloudError> {
    let mut dropped = Vec::new();
    // The tagging API returns deleted resources for some time, and a resource may have been re-tagged.
    let is_member =
        |live: &LiveResource, logical_id: &str| live.tags.get(tags::STACK_RESOURCE) == Some(&stack.key(logical_id));
    for (logical_id, candidates) in stack.members().filter(|(logical_id, _)| !names.contains(logical_id)) {
        for (resource, known) in candidates {
            let live = match estate::read(side.reader, resource, Some(known)).await {
                Ok(live) => live,
                Err(error) if error.kind.is_about_the_resource() => None,
                Err(error) => return Err(error),
            };
            if let Some(live) = live.filter(|live| is_member(live, logical_id)) {
                dropped.push((logical_id.to_owned(), live));
                break;
            }
        }
    }
    for (logical_id, types) in stack.unidentified().filter(|(logical_id, _)| !names.contains(logical_id)) {
        for type_name in types.iter().filter(|name| estate::is_listable(side.registry(), name)) {
            let listed = side.reader.list(type_name).await?.into_iter();
            let resources = listed.map(|identifier| ResourceRef::new(*type_name, identifier)).collect();
            let found = estate::read_all(side.reader, resources, &mut Vec::new(), side.events).await;
            let ours = found.into_iter().filter(|live| is_member(live, logical_id));
            dropped.extend(ours.map(|live| (logical_id.to_owned(), live)));
        }
    }
    Ok(dropped)
}

/// Returns the live resources without tags that the template no longer contains, found by the record in the tags of those
/// that it contains.
async fn dropped_children(
    side: &Side<'_>,
    resolved: &mut [Desired],
    gone: &[(String, LiveResource)],
    names: &BTreeSet<&str>,
) -> Result<Vec<NamedResource>, CloudError> {
    let mut found = Vec::new();
    let own = resolved.iter().filter_map(|one| Some((one.logical_id.clone(), one.counterpart()?.clone())));
    let parents: Vec<(String, LiveResource)> = own.chain(gone.iter().cloned()).collect();
    for (parent, live) in parents {
        let dropped = children::recorded([&live]).without(names.iter().copied());
        let mut alive: Vec<ResourceRef> = Vec::new();
        for type_name in dropped.types(side.registry()) {
            let Some(inputs) =
                side.registry().get(type_name).and_then(|schema| inputs_within(side.registry(), schema, &live))
            else {
                continue;
            };
            let listed = match estate::is_listable(side.registry(), type_name) {
                true => side.reader.list(type_name).await,
                false => side.reader.list_within(type_name, &inputs).await,
            };
            let listed = match listed {
                Ok(listed) => listed,
                Err(error) if error.kind.is_about_the_resource() => continue,
                Err(error) => return Err(error),
            };
            let resources = listed.into_iter().map(|identifier| ResourceRef::new(type_name, identifier));
            alive.extend(resources.filter(|resource| dropped.contains(resource)));
        }
        for resource in dropped.unlisted() {
            match estate::read(side.reader, resource, None).await {
                Ok(live) => alive.extend(live.map(|live| live.resource)),
                Err(error) if error.kind.is_about_the_resource() => {}
                Err(error) => return Err(error),
            }
        }
        let desired = resolved.iter_mut().find(|one| one.logical_id == parent);
        if let Some(Origin::Template(declared)) = desired.map(|one| &mut one.origin) {
            declared.dropped_children = dropped.among(&alive);
        }
        let logical_id = format!("a resource of {parent}");
        found.extend(alive.into_iter().map(|resource| NamedResource { logical_id: logical_id.clone(), resource }));
    }
    Ok(found)
}

/// The keys with which the children of a resource are listed; `None` if they are not those of this resource.
fn inputs_within(registry: &Registry, schema: &TypeSchema, parent: &LiveResource) -> Option<Value> {
    if !schema.handlers.list {
        return None;
    }
    let keys = schema.list_inputs.iter().map(|name| {
        let of_parent = parent.properties.get(name).filter(|value| value.is_string()).cloned();
        Some((name.clone(), of_parent.or_else(|| reference_value(registry, parent))?))
    });
    keys.collect::<Option<serde_json::Map<_, _>>>().map(Value::Object)
}

fn notes(side: &Side<'_>, planned: &Planned) -> Vec<Diagnostic> {
    let environment = &side.environment.name;
    let mut notes = Vec::new();
    for dropped in &planned.unchanged.dropped {
        let NamedResource { logical_id, resource } = dropped;
        notes.push(
            Diagnostic::warning(
                Code::DroppedResource,
                format!("the template no longer contains {logical_id} ({resource}); it is not deleted"),
            )
            .resource(resource.to_string())
            .hint(format!(
                "to delete it, run: stagegate delete {} {} --env {environment}",
                resource.type_name, resource.identifier
            )),
        );
    }
    for (resource, place) in &planned.unchanged.kept {
        notes.push(
            Diagnostic::note(
                Code::LiveChangeKept,
                format!("{resource} {place} was changed in {environment} and is left as it is (--keep-live)"),
            )
            .resource(resource.to_string())
            .pointer(place),
        );
    }
    notes
}

/// Resolves the resources of a template and looks up the existing ones, each after those that it refers to.
struct Resolver<'a> {
    side: &'a Side<'a>,
    stack: &'a Stack,
    names: &'a BTreeSet<&'a str>,
    begun: &'a BTreeSet<String>,
    keep_live: bool,
}

impl Resolver<'_> {
    async fn resolve(&self, resources: &[DesiredResource]) -> Result<Vec<Desired>, CloudError> {
        let lookup = Lookup::new(self.side, self.stack, self.names, self.begun);
        let mut known: BTreeMap<String, LiveResource> = BTreeMap::new();
        let mut resolved: Vec<Option<Desired>> = resources.iter().map(|_| None).collect();
        for level in levels(resources) {
            let mut desired: Vec<(usize, Desired, String, [bool; 2])> = Vec::new();
            for index in level {
                let resource = &resources[index];
                let Some(type_schema) = self.side.registry().get(&resource.type_name) else { continue };
                let one = self.desired(type_schema, resource, &known);
                let has_known_parent = one.depends_on.iter().any(|name| known.contains_key(name));
                let absent = resolved.iter().flatten().filter(|other| other.existing == Existing::Absent);
                let absent: BTreeSet<&str> = absent.map(|other| other.logical_id.as_str()).collect();
                let parents = [has_known_parent, has_parent_among(&one, &absent)];
                let token = creation_token(self.side, &one);
                desired.push((index, one, token, parents));
            }
            let recorded = children::recorded(known.values());
            let wanted: Vec<Wanted<'_>> = desired
                .iter()
                .map(|(_, one, token, parents)| Wanted {
                    logical_id: &one.logical_id,
                    schema: one.type_schema,
                    properties: &one.properties,
                    identifier: one.identifier.as_deref(),
                    token,
                    has_known_parent: parents[0],
                    has_absent_parent: parents[1],
                    recorded: &recorded,
                })
                .collect();
            let found = lookup.find(&wanted).await?;
            for ((index, mut one, ..), Found { existing, ownership, leftovers }) in desired.into_iter().zip(found) {
                one.existing = existing;
                if let Origin::Template(declared) = &mut one.origin {
                    declared.ownership = ownership;
                    declared.leftovers = leftovers;
                }
                let decision = reconcile::reconcile(&one, &self.side.environment.name);
                let is_updated = matches!(decision, Decision::Update { .. });
                if let (true, Some(live)) =
                    (is_updated || matches!(decision, Decision::NoChange { .. }), one.counterpart())
                {
                    let live = if is_updated { as_updated(live.clone()) } else { live.clone() };
                    known.insert(one.logical_id.clone(), live);
                }
                resolved[index] = Some(one);
            }
        }
        let mut resolved: Vec<Desired> = resolved.into_iter().flatten().collect();
        // Resources may refer to themselves and to each other.
        for one in &mut resolved {
            one.properties = resolve_symbols(&one.properties, &|wanted| value_of(self.side.registry(), wanted, &known));
        }
        Ok(resolved)
    }

    fn desired(
        &self,
        type_schema: &'static TypeSchema,
        resource: &DesiredResource,
        known: &BTreeMap<String, LiveResource>,
    ) -> Desired {
        let environment = self.side.environment;
        let place = AccountRegion { account: environment.account.as_str(), region: &environment.region };
        let properties = resolve_symbols(&resource.properties, &|wanted| value_of(self.side.registry(), wanted, known));
        let depends_on = resource.references().into_iter();
        let is_other = |name: &String| *name != resource.logical_id && self.names.contains(name.as_str());
        Desired {
            logical_id: resource.logical_id.clone(),
            type_schema,
            identifier: predict_identifier(type_schema, &properties, place),
            properties,
            depends_on: depends_on.filter(is_other).collect(),
            deferred: BTreeSet::new(),
            origin: Origin::Template(Box::new(Declared {
                written: resource.clone(),
                stack_resource: self.stack.key(&resource.logical_id),
                ownership: Ownership::Tags,
                keep_live: self.keep_live,
                leftovers: Vec::new(),
                separate: Vec::new(),
                dropped_children: ChildRecord::default(),
            })),
            existing: Existing::Absent,
        }
    }
}

/// A resource that will be updated, without the attributes whose values are known only then.
fn as_updated(mut live: LiveResource) -> LiveResource {
    let changing = general_facts().updated_attributes.get(&live.resource.type_name);
    if let Value::Object(properties) = &mut live.properties {
        changing.into_iter().flatten().for_each(|attribute| drop(properties.shift_remove(attribute)));
    }
    live
}

/// The value of a reference to an existing resource.
fn value_of(registry: &Registry, wanted: &Symbol, known: &BTreeMap<String, LiveResource>) -> Option<Value> {
    match wanted {
        Symbol::Ref(name) => reference_value(registry, known.get(name)?),
        Symbol::GetAtt(name, attribute) => {
            let live = known.get(name)?;
            attribute.split('.').try_fold(&live.properties, |value, token| value.get(token)).cloned()
        }
    }
}

/// True if a property that can only be set at creation refers to one of the named resources.
fn has_parent_among(desired: &Desired, names: &BTreeSet<&str>) -> bool {
    let schema = desired.type_schema;
    let properties = desired.properties.as_object().into_iter().flatten();
    properties
        .filter(|(name, _)| !schema.handlers.update || schema.is_create_only(&pointer::join("", name)))
        .any(|(_, value)| references_in(value).iter().any(|name| names.contains(name.as_str())))
}

/// What CloudFormation's `Ref` of a resource returns.
pub fn reference_value(registry: &Registry, live: &LiveResource) -> Option<Value> {
    let schema = registry.get(&live.resource.type_name)?;
    schema.ref_value(&live.resource.identifier, &live.properties).map(Value::String)
}

/// The indexes of resources, grouped so that each group refers only to earlier ones and to itself: resources that refer to
/// each other are in one group.
fn levels(resources: &[DesiredResource]) -> Vec<Vec<usize>> {
    let index_of: BTreeMap<&str, usize> =
        resources.iter().enumerate().map(|(index, one)| (one.logical_id.as_str(), index)).collect();
    let needs: Vec<BTreeSet<usize>> = resources
        .iter()
        .enumerate()
        .map(|(own, one)| {
            let named = one.references();
            named.iter().filter_map(|name| index_of.get(name.as_str()).copied()).filter(|other| *other != own).collect()
        })
        .collect();
    let mut done: BTreeSet<usize> = BTreeSet::new();
    let mut levels = Vec::new();
    while done.len() < resources.len() {
        let mut level: Vec<usize> =
            (0..resources.len()).filter(|index| !done.contains(index) && needs[*index].is_subset(&done)).collect();
        if level.is_empty() {
            level = circle(&needs, &done);
        }
        done.extend(level.iter().copied());
        levels.push(level);
    }
    levels
}

/// The remaining resources that refer to each other and to no other remaining one.
fn circle(needs: &[BTreeSet<usize>], done: &BTreeSet<usize>) -> Vec<usize> {
    let reachable = |from: usize| -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            open.extend(needs[at].iter().filter(|next| !done.contains(next) && found.insert(**next)));
        }
        found
    };
    let remaining: Vec<usize> = (0..needs.len()).filter(|index| !done.contains(index)).collect();
    let reached: BTreeMap<usize, BTreeSet<usize>> = remaining.iter().map(|index| (*index, reachable(*index))).collect();
    let is_closed = |own: &BTreeSet<usize>| own.iter().all(|other| reached.get(other) == Some(own));
    reached.values().find(|own| is_closed(own)).map_or(remaining, |own| own.iter().copied().collect())
}

/// Returns problems for intrinsic functions and references that this plan cannot resolve.
fn unresolvable_values(resource: &DesiredResource, schema: &TypeSchema, names: &BTreeSet<&str>) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for place in dynamic::pointers(&resource.properties) {
        let is_name =
            schema.primary_identifier.iter().chain(&schema.name_property).any(|name| place == format!("/{name}"));
        let reason = match resource.properties.pointer(&place) {
            _ if is_name => Some("the name of a resource must be known before it is created".to_owned()),
            Some(Value::String(text)) => dynamic::parts(text).err(),
            // A reference that a function makes is complete when the step runs.
            _ => None,
        };
        if let Some(reason) = reason {
            let message = format!("{} {place} cannot be a dynamic reference: {reason}", resource.logical_id);
            let hint = "write {{resolve:ssm:NAME}}, {{resolve:ssm-secure:NAME}} or \
                        {{resolve:secretsmanager:SECRET:SecretString:KEY}}, or pass the value with --param";
            let problem = Diagnostic::error(Code::DynamicReference, message).at(resource.source.locate(&place));
            problems.push(problem.pointer(&place).resource(&resource.logical_id).hint(hint));
        }
    }
    for place in symbol::unknown_pointers(&resource.properties) {
        let value = resource.properties.pointer(&place).unwrap_or(&Value::Null);
        if !is_resolvable(value, names) {
            problems.push(
                Diagnostic::error(
                    Code::UnresolvedReference,
                    format!("{} {place} cannot be resolved: {value}", resource.logical_id),
                )
                .at(resource.source.locate(&place))
                .pointer(&place)
                .resource(&resource.logical_id)
                .hint(
                    "use a literal value, or pass it as a parameter with --param; the value of an export of another stack \
                     is given with --import NAME=VALUE",
                ),
            );
        }
    }
    problems
}

fn is_resolvable(value: &Value, names: &BTreeSet<&str>) -> bool {
    match value {
        Value::Object(map) if symbol::is_intrinsic(value) => {
            map.iter().all(|(function, argument)| match function.as_str() {
                "Ref" => argument.as_str().is_some_and(|name| names.contains(name)),
                "Fn::GetAtt" => attribute_owner(argument).is_some_and(|name| names.contains(name)),
                "Fn::Sub" => is_resolvable_text(argument, names),
                "Fn::Cidr" | "Fn::Join" | "Fn::Select" | "Fn::Split" | "Fn::Base64" => is_resolvable(argument, names),
                _ => false,
            })
        }
        Value::Object(map) => map.values().all(|child| is_resolvable(child, names)),
        Value::Array(items) => items.iter().all(|item| is_resolvable(item, names)),
        _ => true,
    }
}

/// The logical id in the argument of `Fn::GetAtt`.
fn attribute_owner(argument: &Value) -> Option<&str> {
    match argument {
        Value::Array(parts) => parts.first()?.as_str(),
        Value::String(text) => text.split('.').next(),
        _ => None,
    }
}

/// True if every variable of `Fn::Sub` is a resource of the plan, an attribute of one, or given with a value.
fn is_resolvable_text(argument: &Value, names: &BTreeSet<&str>) -> bool {
    let (text, given) = match argument {
        Value::String(text) => (text.as_str(), None),
        Value::Array(parts) => (parts.first().and_then(Value::as_str).unwrap_or_default(), parts.get(1)),
        _ => return false,
    };
    sub_variables(text).iter().all(|variable| {
        let value = given.and_then(|given| given.get(variable));
        let owner = variable.split('.').next().unwrap_or_default();
        value.map_or_else(|| names.contains(owner), |value| is_resolvable(value, names))
    })
}

/// Returns a problem if the resource's name cannot be promoted, before the resource is created.
fn unpromotable_name(
    project: &Project,
    environment: &Environment,
    type_schema: &TypeSchema,
    resource: &DesiredResource,
) -> Option<Diagnostic> {
    if environment.protected {
        return None;
    }
    let target = project.environments.iter().find(|other| other.protected && other.name != environment.name)?;
    let shared = target.account == environment.account;
    let name = type_schema.name_property.as_ref()?;
    let written = resource.properties.get(name)?;
    if symbol::has_unknown(written) || !(shared || type_schema.global_name) {
        return None;
    }
    let tokens = tokens_between(project, environment, target);
    let as_ref = ResourceRef::new(&resource.type_name, written.as_str().unwrap_or_default());
    let problem =
        promotion::target_name(type_schema, &as_ref, &resource.properties, &tokens, &project.promotion.map, shared)
            .err()?;
    let example =
        tokens.find(&format!("x-{}", environment.name)).first().map_or("dev", |_| environment.name.as_str()).to_owned();
    Some(
        problem.at(resource.source.locate(&pointer::join("", name))).resource(&resource.logical_id).hint(format!(
            "it cannot be promoted to {}: include `{example}` in the name as a separate word",
            target.name
        )),
    )
}
