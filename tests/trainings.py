"""A small network, images for it, and short trainings."""

import torch

from jetexplore.models import elbo
from jetexplore.models.training import Schedule, fit
from jetexplore.models.vae import VAE

SHORT = Schedule(epochs=5, batch=16)


def images(n=50, seed=0):
    x = torch.rand(n, 8, 8, generator=torch.Generator().manual_seed(seed)) ** 6
    return x / x.sum((1, 2), keepdim=True)


def network(seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return VAE(1, npix=8).to(memory_format=torch.channels_last)


def objective(module, batch, noise):
    found = module(batch[0], noise)
    distance = ((batch[0] - found.reconstruction) ** 2).mean((1, 2))
    return {"loss": elbo.loss(distance, elbo.kld(found.latent), 1e-6), "distance": distance}


def train(module, schedule=SHORT, *, data=None, **options):
    given = {"noise": 64, "scale": 64.0, "progress": False, "key": "a", **options}
    return fit(module, objective, [images() if data is None else data], [images(20, 1)], schedule, **given)


def weights(module):
    return {name: weight.clone() for name, weight in module.state_dict().items()}


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def losses(found):
    return [(epoch.rate, epoch.train, epoch.valid) for epoch in found.epochs]
