"""The store that this installation has chosen."""

from functools import lru_cache

from core.environment import environment
from core.proofs.storage.disk import DiskStore
from core.proofs.storage.interface import ProofStore


@lru_cache(maxsize=1)
def proof_store() -> ProofStore:
    """Return the store of the settings, made once per process."""
    env = environment()
    if env.proof_storage == "disk":
        return DiskStore(env.proof_dir or env.data_dir / "proofs")
    # Half a second to import, for those who use it.
    from core.proofs.storage.s3 import Bucket, S3Store  # noqa: PLC0415

    return S3Store(
        Bucket(
            name=env.s3_bucket,
            endpoint=env.s3_endpoint,
            region=env.s3_region,
            access_key=env.s3_access_key,
            secret_key=env.s3_secret_key,
        )
    )
