"""Gradients through scikit-learn: which features a model needs, learned by differentiating through its fit.

Scaling and ridge regression are fitted on tensors, by way of the Array API standard. The error on other data is then a
function of how much weight each feature got before the fit.
"""

import os

os.environ["SCIPY_ARRAY_API"] = "1"  # scikit-learn asks for it, before SciPy is imported

import numpy as np
import sklearn
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

import tensorgraph as tg


def error(weights: tg.Tensor, train: tuple, validation: tuple) -> tg.Tensor:
    """The mean squared error on other data, of a model that was fitted to weighted features."""
    scaler = StandardScaler().fit(train[0])
    model = Ridge(alpha=5.0, solver="svd").fit(scaler.transform(train[0]) * weights, train[1])
    residual = model.predict(scaler.transform(validation[0]) * weights) - validation[1]
    return (residual**2).mean()


def main(steps: int = 40) -> None:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((220, 8))
    y = 2 * X[:, 0] - X[:, 3] + 0.5 * X[:, 5] + 0.3 * rng.standard_normal(220)  # the other five features are noise
    train, validation = (tuple(map(tg.Tensor, (X[part], y[part]))) for part in (slice(0, 20), slice(20, 220)))

    weights = tg.Tensor(np.ones(8), requires_grad=True)
    optimizer = tg.optim.Adam([weights], lr=0.05)
    with sklearn.config_context(array_api_dispatch=True), np.errstate(invalid="ignore"):  # a 0 / 0 that is not used
        for step in range(steps):
            loss = error(weights, train, validation)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if step % 10 == 0 or step == steps - 1:
                print(f"step {step:2}  validation error {loss.item():.4f}  weights {weights.numpy().round(2)}")
    print("The features that matter:", np.sort(np.argsort(-abs(weights.numpy()))[:3]).tolist())


if __name__ == "__main__":
    main()
