//! Policies over resources, shared between threads where there are many.

use crate::domain::finding::ScanReport;
use crate::domain::policy::{Answers, PolicySet, ScanInput};

/// Threads that share a large scan. Their number has no influence on the report.
const THREADS: usize = 4;

/// Fewer questions than this, some 10 ms of work, are not worth a second thread.
const SMALLEST: usize = 256;

/// What [`PolicySet::evaluate`] gives, sooner.
pub fn evaluate(policies: &PolicySet, input: &ScanInput) -> ScanReport {
    let questions = policies.questions(input);
    let parts = questions.parts(THREADS, SMALLEST);
    let answers: Vec<Answers> = std::thread::scope(|scope| {
        let workers: Vec<_> = parts.iter().skip(1).map(|part| scope.spawn(|| part.answer())).collect();
        let first = parts.first().map(|part| part.answer()).unwrap_or_default();
        let others =
            workers.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        std::iter::once(first).chain(others).collect()
    });
    questions.report(answers)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::domain::policy::{Packs, ScanResource, builtin};
    use serde_json::json;

    #[test]
    fn threads_change_nothing() {
        let policies = PolicySet::compile(builtin::sources()).unwrap().with_packs(Packs::All);
        let queue =
            |n: usize| ScanResource::live("AWS::SQS::Queue", &format!("q{n}"), json!({"QueueName": n.to_string()}));
        for count in [0, 1, SMALLEST] {
            let input = ScanInput { resources: (0..count).map(queue).collect(), ..ScanInput::default() };
            assert_eq!(evaluate(&policies, &input), policies.evaluate(&input), "{count}");
        }
    }
}
