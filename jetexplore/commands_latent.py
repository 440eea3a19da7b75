"""What has an autoencoder learned, from the command line? A thin command over the library."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable


def latent(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    """Compare distances inside every network with optimal transport, trained or not, and draw maps of jets."""
    parser.epilog = """examples:
  jetexplore latent
  jetexplore latent --maps "Wass(1)" vae-MSE-d3-b1e-8 untrained-d3
  jetexplore latent --networks mine.safetensors -n 500 --seeds 0 -o mine.csv

What is in the output already is not computed again, unless its network has changed."""
    parser.add_argument("--networks", nargs="*", metavar="NAME", help="names or files (default: all that are shipped)")
    parser.add_argument("-n", type=int, default=1000, metavar="N", help="test QCD jets, all pairs (default: 1000)")
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="untrained networks a depth (default: 5)")
    parser.add_argument("-o", "--output", metavar="FILE", help="CSV (default: data/results/latent_study.csv)")
    parser.add_argument(
        "--maps", nargs="+", default=[], metavar="SPACE", help="metrics or networks to map by UMAP into data/results"
    )
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="of torch (default: 1)")
    parser.add_argument("--quiet", dest="progress", action="store_false", help="no progress bar")

    def run(arguments: argparse.Namespace) -> int:
        import torch

        from jetexplore.anomaly import embedding, latentrows, latentstudy
        from jetexplore.files import data_dir

        torch.set_num_threads(arguments.threads)
        path = arguments.output or latentrows.results_path()
        rows = latentstudy.run_latent_study(
            arguments.networks, arguments.n, range(arguments.seeds), arguments.progress, path=path
        )
        print(f"{path}: {len(rows)} rows of {len({row.network for row in rows}) - 1} networks")
        if arguments.maps:
            os.environ["JETEXPLORE_CACHE"] = str(data_dir())  # results go to results/ below it
        for space in arguments.maps:
            found = embedding.space_embedding(space)
            print(f"{space}: {len(found.places)} jets by {found.method}, trustworthiness {found.trust:.3f}")
        return 0

    return run
