"""The eight questions about leakage, and the tests that answer them.

The kinds are those of Kapoor and Narayanan (2023, "Leakage and the reproducibility crisis in machine-learning-based science"):
no test set, preparation on all data, selection on all data, duplicates; inputs that are no legitimate predictors; and a test
that is later in time, independent, and of the families one cares about. Words are in ``templates/model_card.*.toml``; a test
checks that every test named here exists.
"""

from __future__ import annotations

LEAK_TESTS: dict[str, tuple[str, ...]] = {
    "no_test_set": (
        "tests/evaluation/test_backtest.py::test_folds_that_leak_are_refused",
        "tests/evaluation/test_backtest.py::test_contenders_never_see_what_came_after_the_origin",
        "tests/timeline/test_timeline_folds.py::test_the_test_rows_are_the_snapshot_at_the_origin_judged_later",
        "tests/leaks/test_leak_suite.py::test_without_its_defence_the_leak_is_caught",
    ),
    "preparation": (
        "tests/features/test_truncation.py::test_what_became_known_later_changes_nothing",
        "tests/evaluation/test_backtest.py::test_a_changed_future_changes_no_prediction",
        "tests/features/test_build.py::test_x_has_the_cohorts_rows_in_the_cohorts_order",
        "tests/leaks/test_leak_suite.py::test_without_its_defence_the_leak_is_caught",
    ),
    "selection": (
        "tests/evaluation/test_backtest.py::test_the_best_rule_is_chosen_without_the_last_origin",
        "tests/features/test_plan.py::test_a_fingerprint_follows_the_specification",
    ),
    "duplicates": (
        "tests/estimators/test_person_period.py::test_one_exit_seen_from_several_dates_counts_once",
        "tests/features/test_build.py::test_rows_under_a_later_id_count_once_the_link_is_known",
        "tests/timeline/test_timeline_folds.py::test_what_is_new_at_the_test_was_never_trained_on",
        "tests/leaks/test_leak_suite.py::test_without_its_defence_the_leak_is_caught",
    ),
    "illegitimate": (
        "tests/features/test_catalogue.py::test_no_model_feature_reads_what_echoes_the_decision",
        "tests/features/test_catalogue.py::test_a_feature_that_reads_a_decision_is_refused",
        "tests/flow/test_river.py::test_nothing_is_better_than_the_truth",
        "tests/leaks/test_leak_suite.py::test_without_its_defence_the_leak_is_caught",
    ),
    "temporal": (
        "tests/flow/test_river.py::test_what_is_known_later_changes_no_score",
        "tests/features/test_truncation.py::test_a_leak_is_seen",
        "tests/timeline/test_timeline_folds.py::test_nothing_known_after_an_origin_reaches_its_training",
        "tests/timeline/test_timeline_outcomes.py::test_told_as_of_a_day_equals_observed_from_records_cut_at_it",
        "tests/leaks/test_leak_suite.py::test_without_its_defence_the_leak_is_caught",
    ),
    "dependence": (
        "tests/features/test_catalogue.py::test_places_and_people_are_never_numbers",
        "tests/timeline/test_timeline_folds.py::test_what_is_new_at_the_test_was_never_trained_on",
        "tests/leaks/test_leak_suite.py::test_without_its_defence_the_leak_is_caught",
    ),
    "sampling": (
        "tests/evaluation/test_backtest.py::test_dropped_families_are_counted_by_reason",
        "tests/evaluation/test_labels.py::test_maturity_needs_the_reporting_lag",
        "tests/estimators/test_person_period.py::test_an_exit_in_an_immature_quarter_does_not_count",
        "tests/leaks/test_leak_suite.py::test_without_its_defence_the_leak_is_caught",
    ),
}
"""Key of a question -> tests, as pytest names them."""
