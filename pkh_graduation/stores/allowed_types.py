"""What a bundle's model may be made of: every node that its file holds, by exact name, each with its reason.

A model in skops format is a tree of nodes; each names how it is rebuilt (its loader) and as what (its type). The library
trusts hundreds of types by itself; a `GraduationModel` needs these few, so nothing else is rebuilt here. When a dependency
adds a type to what it saves, a test fails and somebody reads the type before it comes in.
"""

from __future__ import annotations

_HGB = "sklearn.ensemble._hist_gradient_boosting"
_OWN = "pkh_graduation.estimators"

ALLOWED: dict[tuple[str, str], str] = {
    ("DictNode", "builtins.dict"): "attributes of an object, and settings by name",
    ("JsonNode", "builtins.str"): "numbers, words, true and false, written as JSON",
    ("ListNode", "builtins.list"): "members of a bag, names of columns, notes",
    ("TupleNode", "builtins.tuple"): "fixed rows of plain values",
    ("TypeNode", "builtins.str"): "says that the keys of a dict are words; nothing is called",
    ("NdArrayNode", "numpy.ndarray"): "an array, read without pickle",
    ("NdArrayNode", "numpy.uint64"): "one whole number: seeds of the trees",
    ("RandomGeneratorNode", "numpy.random._generator.Generator"): "state of the trees' random draws; unused after fitting",
    ("LossNode", "sklearn._loss._loss.CyHalfBinomialLoss"): "the log loss in C, without content",
    ("ObjectNode", "sklearn._loss.link.Interval"): "bounds of a loss's link function: plain numbers",
    ("ObjectNode", "sklearn._loss.link.LogitLink"): "the logit, without content",
    ("ObjectNode", "sklearn._loss.loss.HalfBinomialLoss"): "the log loss: a flag and the two above",
    ("ObjectNode", "sklearn.preprocessing._label.LabelEncoder"): "the two classes of a hazard: event or not",
    ("ObjectNode", f"{_HGB}.binning._BinMapper"): "thresholds of the bins: arrays",
    ("ObjectNode", f"{_HGB}.gradient_boosting.HistGradientBoostingClassifier"): "trees of one member and their settings",
    ("ObjectNode", f"{_HGB}.predictor.TreePredictor"): "nodes of one tree; `tree_checks` proves that every step stays inside",
    ("ObjectNode", f"{_OWN}.calibration.Calibrator"): "our calibration of a hazard: a name and plain numbers",
    ("ObjectNode", f"{_OWN}.calendar_clock.ComponentCalendar"): "our calendar of components: plain numbers",
    ("ObjectNode", f"{_OWN}.graduation_model.GraduationModel"): "our model",
    ("ObjectNode", f"{_OWN}.hazards.CauseHazard"): "our hazard of one cause",
    ("ObjectNode", f"{_OWN}.levels.Level"): "level and season of a hazard: plain numbers",
    ("ObjectNode", f"{_OWN}.ramps.RampBasis"): "knots of the ramps: arrays",
}  # fmt: skip
"""(loader, type) -> why it may stand in a bundle."""

TYPES = frozenset(name for _, name in ALLOWED)
"""The types alone."""

_SETTINGS = (
    "blend",
    "learning_rate",
    "max_iter",
    "max_leaf_nodes",
    "n_members",
    "ramp_spread",
    "random_state",
    "signs",
)

ATTRIBUTES: dict[str, frozenset[str]] = {
    f"{_OWN}.calibration.Calibrator": frozenset({"high", "kind", "low", "shift"}),
    f"{_OWN}.calendar_clock.ComponentCalendar": frozenset({"clearing_per_year", "has_clock_", "notes_", "rates_"}),
    f"{_OWN}.graduation_model.GraduationModel": frozenset(
        {
            *_SETTINGS,
            "administratif_",
            "calendar_",
            "calibration",
            "calibration_table_",
            "feature_names_in_",
            "mandiri_",
        }
        | {"max_events", "max_horizon_", "n_features_in_", "negatives_per_event", "notes_"}
    ),
    f"{_OWN}.hazards.CauseHazard": frozenset({*_SETTINGS, "calibrator_", "columns_", "level_", "note_", "trees_"}),
    f"{_OWN}.levels.Level": frozenset({"centre", "drift", "fade", "intercept", "season", "slope"}),
    f"{_OWN}.ramps.RampBasis": frozenset(
        {"column_", "high_", "indicator_", "low_", "median_", "n_ramps", "owner_", "sign_"}
    ),
}
"""Our own types -> what each of their objects holds, whatever its settings. A file of an earlier program may lack some."""
