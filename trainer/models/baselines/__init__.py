"""The baselines to beat: a constant, the best single feature, logistic regression."""
