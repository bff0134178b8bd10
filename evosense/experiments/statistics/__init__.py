"""Statistics of paired, chat-clustered comparisons: pure functions over arrays, each with its source.

Arrays come first, options by keyword; each answers a frozen dataclass with `estimate`, `se`, `low`, `high`,
`statistic` and `p` where they apply.
"""

from evosense.experiments.statistics.agreement import Agreement, cohen_kappa, gwet_ac1
from evosense.experiments.statistics.arrays import Clusters
from evosense.experiments.statistics.bootstrap import Bootstrap, cluster_bootstrap
from evosense.experiments.statistics.clustered import ClusteredMean, DesignEffect, clustered_mean, design_effect
from evosense.experiments.statistics.concordance import BlandAltman, Concordance, bland_altman, concordance
from evosense.experiments.statistics.cuped import Cuped, cuped
from evosense.experiments.statistics.drift import Drift, jensen_shannon, population_stability_index, wasserstein
from evosense.experiments.statistics.equivalence import MarginTest, equivalence, non_inferiority
from evosense.experiments.statistics.krippendorff import KrippendorffAlpha, krippendorff_alpha
from evosense.experiments.statistics.mcnemar import McNemar, mcnemar, mcnemar_from_counts
from evosense.experiments.statistics.multiplicity import AdjustedP, benjamini_hochberg, benjamini_yekutieli, holm
from evosense.experiments.statistics.power import (
    Power,
    SampleSize,
    achieved_power,
    planning_design_effect,
    require_chats,
    sample_size,
)
from evosense.experiments.statistics.prediction_powered import PredictionPowered, prediction_powered_mean
from evosense.experiments.statistics.proportions import (
    PairedProportions,
    Proportion,
    newcombe_from_table,
    newcombe_paired,
    wilson,
)
from evosense.experiments.statistics.quantiles import QuantileDifference, quantile_difference
from evosense.experiments.statistics.sample_ratio import SampleRatio, sample_ratio_test
from evosense.experiments.statistics.sequential import (
    ConfidenceSequence,
    MSprt,
    confidence_sequence,
    msprt,
    msprt_binary,
)
from evosense.experiments.statistics.sign_flip import SignFlip, sign_flip_test, sign_flip_tests
from evosense.experiments.statistics.sums import SumStatistic
from evosense.experiments.statistics.wilcoxon import Wilcoxon, wilcoxon_pratt

__all__ = [
    "AdjustedP",
    "Agreement",
    "BlandAltman",
    "Bootstrap",
    "ClusteredMean",
    "Clusters",
    "Concordance",
    "ConfidenceSequence",
    "Cuped",
    "DesignEffect",
    "Drift",
    "KrippendorffAlpha",
    "MSprt",
    "MarginTest",
    "McNemar",
    "PairedProportions",
    "Power",
    "PredictionPowered",
    "Proportion",
    "QuantileDifference",
    "SampleRatio",
    "SampleSize",
    "SignFlip",
    "SumStatistic",
    "Wilcoxon",
    "achieved_power",
    "benjamini_hochberg",
    "benjamini_yekutieli",
    "bland_altman",
    "cluster_bootstrap",
    "clustered_mean",
    "cohen_kappa",
    "concordance",
    "confidence_sequence",
    "cuped",
    "design_effect",
    "equivalence",
    "gwet_ac1",
    "holm",
    "jensen_shannon",
    "krippendorff_alpha",
    "mcnemar",
    "mcnemar_from_counts",
    "msprt",
    "msprt_binary",
    "newcombe_from_table",
    "newcombe_paired",
    "non_inferiority",
    "planning_design_effect",
    "population_stability_index",
    "prediction_powered_mean",
    "quantile_difference",
    "require_chats",
    "sample_ratio_test",
    "sample_size",
    "sign_flip_test",
    "sign_flip_tests",
    "wasserstein",
    "wilcoxon_pratt",
    "wilson",
]
