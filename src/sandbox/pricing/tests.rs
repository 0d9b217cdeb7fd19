use super::products;
use super::*;
use crate::estimate::price_list::Question;
use crate::estimate::{GLOBAL, PriceBook, Snapshot};

#[test]
fn whoever_asks_exactly_finds_every_price_of_the_snapshot() {
    let mut asked = 0;
    for id in Snapshot::ids() {
        let (key, region) = id.rsplit_once('@').unwrap();
        let region = if region == GLOBAL { "us-east-1" } else { region };
        let Some(question) = Question::of(key, region) else { continue };
        let filters: Vec<Filter<'_>> =
            question.filters.iter().map(|(field, value)| Filter { kind: "TERM_MATCH", field, value }).collect();
        let found: Vec<String> = products::all()
            .iter()
            .filter(|product| product.service == question.service)
            .filter(|product| filters.iter().all(|filter| filter.lets_through(product)))
            .map(|product| document(product).to_string())
            .collect();
        let price = question.read(&found).unwrap_or_else(|refusal| panic!("{id}: {refusal}"));
        let embedded = Snapshot.price(key, region).unwrap();
        assert_eq!((&price.id, price.rates()), (&embedded.id, embedded.rates()), "{id}");
        assert_eq!(price.as_of, embedded.as_of);
        asked += 1;
    }
    assert!(asked > 2000, "{asked}");
}
