"""What the hands look up at home: merchants and terminals in the open, personal data in the vault, papers and readings.

Personal data goes from here to the partner that needs it, and into nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from obstore.store import ObjectStore

from activities.calls import RefusedError
from journal.broadcasting import Broadcasts
from journal.contacting import Contacting, Preferences
from journal.files import Files
from journal.keys import Keyring
from journal.parties import Account, Contact, Merchant, MerchantDetails, NoSuchMerchantError, Terminal, subject_of
from journal.reached import Reached
from journal.readings import Readings
from journal.registry import Registry
from journal.statements import Pool
from journal.vault import ForgottenError, NoSuchRecordError, Vault

HOME = "thaw"
"""How errors name ourselves, beside the partners."""


@dataclass(frozen=True, slots=True)
class Records:
    """Thaw's own records, over one pool."""

    vault: Vault
    registry: Registry
    files: Files
    readings: Readings
    contacting: Contacting
    broadcasts: Broadcasts
    reached: Reached

    @classmethod
    def over(cls, pool: Pool, vault_keys: Keyring | str, store: Path | ObjectStore) -> Records:
        """Over the vault's key-encryption keys and the document store, as the settings have them."""
        vault = Vault(pool, vault_keys)
        files, readings = Files(store, pool, vault), Readings(pool, vault)
        contacting, reached = Contacting(pool, vault), Reached(pool, vault)
        return cls(vault, Registry(pool, vault), files, readings, contacting, Broadcasts(pool), reached)

    async def terminal(self, terminal_sn: str) -> Terminal:
        """Raises RefusedError `unknown-terminal`."""
        terminal = await self.registry.terminal(terminal_sn)
        if terminal is None:
            raise RefusedError(HOME, "unknown-terminal")
        return terminal

    async def merchant(self, merchant_no: str) -> Merchant:
        """Raises RefusedError `unknown-merchant`."""
        merchant = await self.registry.merchant(merchant_no)
        if merchant is None:
            raise RefusedError(HOME, "unknown-merchant")
        return merchant

    async def details(self, merchant_no: str) -> MerchantDetails:
        """A merchant in full. Raises RefusedError `unknown-merchant`, or `forgotten` after an erasure."""
        try:
            return await self.registry.merchant_details(merchant_no)
        except NoSuchMerchantError:
            raise RefusedError(HOME, "unknown-merchant") from None
        except ForgottenError:
            raise RefusedError(HOME, "forgotten") from None

    async def contacts(self, merchant_no: str) -> tuple[Contact, ...]:
        """Whom to write to, in the order registered; nobody for a merchant unknown or forgotten."""
        try:
            return (await self.details(merchant_no)).contacts
        except RefusedError:
            return ()

    async def wishes(self, merchant_no: str) -> Preferences | None:
        """How a merchant wants to be told; None for one that said nothing, or was forgotten."""
        try:
            return await self.contacting.preferences(merchant_no)
        except ForgottenError:
            return None

    async def is_forgotten(self, merchant_no: str) -> bool:
        """Whether the merchant's personal data was erased, so that nobody can be called."""
        try:
            await self.registry.merchant_details(merchant_no)
        except ForgottenError:
            return True
        except NoSuchMerchantError:
            return False
        return False

    async def put_link(self, merchant_no: str, url: str) -> str:
        """The reference under which a link for the merchant alone is kept; empty for one that was forgotten."""
        try:
            return await self.vault.put(subject_of(merchant_no), "link", {"url": url})
        except ForgottenError:
            return ""

    async def account(self, merchant_no: str, account_ref: str = "") -> Account:
        """The account behind a reference, or the merchant's settlement account.

        Raises RefusedError `unknown-merchant`, `unknown-account`, `forgotten`.
        """
        ref = account_ref or (await self.merchant(merchant_no)).account_ref
        try:
            data: Mapping[str, str] = await self.vault.get(ref)
        except NoSuchRecordError:
            raise RefusedError(HOME, "unknown-account") from None
        except ForgottenError:
            raise RefusedError(HOME, "forgotten") from None
        return Account(holder=data["holder"], number=data["number"], bank=data["bank"])
