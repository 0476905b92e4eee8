"""A loaded schema set: judges contents, edits and notifications, and gives the tree that everything is derived from."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

import orjson

from yangbeam.core.errors import InvalidInstanceError
from yangbeam.core.notification.target import Step
from yangbeam.core.vendors import vendor_of_modules
from yangbeam.core.yang.annotations import refuse_odd_annotations
from yangbeam.core.yang.canary import require_readable_libyang
from yangbeam.core.yang.compile_tree import TreeCompiler
from yangbeam.core.yang.edits import WITH_VALUE, Place, contents_of_edit, resolve
from yangbeam.core.yang.engine import Engine
from yangbeam.core.yang.gaps import Gaps
from yangbeam.core.yang.json_object import read_object
from yangbeam.core.yang.libyang_context import LibyangContext, Refusal
from yangbeam.core.yang.locate import locate, locate_missing, locate_quoted, missing_module
from yangbeam.core.yang.mending.mending import Mending
from yangbeam.core.yang.module_text import structure_names
from yangbeam.core.yang.notification_level import Fitting, has_structure, judge_notification
from yangbeam.core.yang.numbers import has_odd_numbers, in_decimals, misspelt
from yangbeam.core.yang.parts import is_long, parts_of
from yangbeam.core.yang.schema_set import SchemaSet
from yangbeam.core.yang.tree import Tree
from yangbeam.core.yang.unique_keys import LONG, MANY, key_plan, refuse_duplicate_keys

MAX_SHOWN = 300
"""Characters of a validator's words that go into a dead letter."""
_PAIR: Final = re.compile(rb"\\u[dD][89abAB]").search
NOT_DATA = "no data node of the schema's modules"


class Schema:
    """One schema set in libyang, for the thread that loaded it.

    Attributes:
        schema_set: What was loaded.
        tree: The resolved schema tree; carries no libyang object and may be kept after close().
        engine: Judges contents and edits faster, where that is sure.
        mending: What a second look at refused instances knows of the schema.
        prefixes: Module name → its own YANG prefix.
        vendor: Whose modules it has beside those of standards; empty: nobody's.
    """

    def __init__(self, schema_set: SchemaSet, directory: str | Path) -> None:
        """Loads the set from the directory that holds its texts (``io.yang_directories.write_set``).

        Raises:
            SchemaError: ``schema-invalid``.
            CannotReadLibyangError: ``libyang-unreadable``.
        """
        require_readable_libyang()
        self.schema_set = schema_set
        self._context = LibyangContext(schema_set, directory)
        structures = [f"{module.name}:{name}" for module in schema_set.modules for name in structure_names(module.text)]
        names = {module.name for module in schema_set.modules}
        self.prefixes = {module.name: module.prefix for module in schema_set.modules if module.prefix}
        self.tree: Tree = TreeCompiler(self._context.raw, names, structures).tree()
        self._top = frozenset(name for name, node in self.tree.data.items() if node.kind != "structure")
        self._keys = key_plan(self.tree)
        self.vendor = vendor_of_modules(self.tree.namespaces)
        self._fitting = Fitting(self.tree)
        self.engine = Engine(self)
        owners = {module.name: module.belongs_to for module in schema_set.modules if module.belongs_to}
        gaps = Gaps(schema_set.left_out, self.tree.revisions, owners)
        texts = (module.text for module in schema_set.modules)
        self.mending = Mending(self.tree, self.prefixes, texts, self.engine.compiled, gaps)

    def close(self) -> None:
        """Frees the libyang context; the tree stays."""
        self._context.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def validate_contents(self, text: bytes, profile: str = "structural") -> None:
        """Judges the contents of a push-update: a JSON object (RFC 7951) of top-level data nodes.

        Args:
            text: The object's bytes, as they came.
            profile: ``structural``: names, types, keys; what a filtered subscription can satisfy. ``full``: also
                mandatory nodes, must, when and leafrefs; for whole subtrees.

        Raises:
            InvalidInstanceError: ``invalid-contents``, with the first offending path and its rule; ``module-missing``
                where it is a node of a module that the schema lacks.
        """
        self.judge(text, read_object(text), profile)

    def judge(self, text: bytes, document: Mapping[str, Any], profile: str = "structural") -> None:
        """As validate_contents, for a caller that has parsed ``text`` already."""
        refuse_odd_annotations(text, document)
        if _PAIR(text):  # which libyang 2.1 takes for two characters that are none
            text = orjson.dumps(document)
        if len(text) > LONG:
            refuse_duplicate_keys(document, self._keys, few=MANY)
        refusal = self._refusal(text, document, profile)
        if has_odd_numbers(text):
            refusal = self._reread(document, refusal, profile)
        if refusal:
            raise self._refused(document, refusal)
        strangers = [name for name in document if name.removeprefix("@") not in self._top]
        if strangers:
            # libyang brings modules of its own, and structures are containers to it: neither is data of this set.
            name = strangers[0]
            raise InvalidInstanceError("invalid-contents", f"/{name}: {NOT_DATA}", path=f"/{name}", rule=NOT_DATA)
        refuse_duplicate_keys(document, self._keys)

    def _refusal(self, text: bytes, document: Mapping[str, Any], profile: str) -> Refusal | None:
        """Asks libyang, in parts where the top has long lists: nothing of the structure concerns two entries."""
        if profile != "structural" or not is_long(document):
            return self._context.refusal(text, profile)
        found = (self._context.refusal(orjson.dumps(part), profile) for part in parts_of(document))
        return next((refusal for refusal in found if refusal is not None), None)

    def _reread(self, document: Mapping[str, Any], refusal: Refusal | None, profile: str) -> Refusal | None:
        """Returns libyang's verdict on numbers as RFC 7950 section 9.2.1 reads them.

        Raises:
            InvalidInstanceError: ``invalid-contents``: a number that libyang took, and that is none.
        """
        found = misspelt(self.tree, document)
        if found is None:
            decimal = in_decimals(self.tree, document)
            return self._refusal(orjson.dumps(decimal), decimal, profile) if decimal != document else refusal
        if refusal is None:
            path, rule = found
            raise InvalidInstanceError("invalid-contents", f"{path}: {rule}", path=path, rule=rule)
        return refusal

    def validate_edit(self, target: Sequence[Step], operation: str, value: bytes | None = None) -> Sequence[Place]:
        """Judges one edit of a yang-patch at its target; the value structurally, as an edit is partial by nature.

        Args:
            target: From ``core.notification.target.parse_target``; empty for the datastore itself.
            operation: Of RFC 8072 section 2.5.
            value: The JSON bytes of ``value``; ignored for delete, move and remove.

        Returns:
            What the target names, from the top; empty for the datastore itself.

        Raises:
            InvalidInstanceError: ``invalid-edit`` for the target, ``invalid-contents`` for the value.
        """
        places, path = resolve(self.tree, target)
        parsed = read_object(value) if value is not None and operation in WITH_VALUE else None
        document = contents_of_edit(places, path, operation, parsed)
        if document is not None:
            self.judge(orjson.dumps(document), document)
        return places

    def validate_notification(self, name: str, body: Any, *, lenient: bool = False) -> tuple[str, ...]:
        """Judges a notification around its contents; see ``notification_level``.

        Args:
            name: ``module:name``; also of a structure: ``ietf-yp-notification:envelope``.
            body: Its parsed members; contents and values inside are not looked into.
            lenient: The set is not the publisher's own: misfits of augmentations become quirks.

        Returns:
            The quirks.

        Raises:
            InvalidInstanceError: ``invalid-notification``, ``unknown-notification``.
        """
        return judge_notification(self.tree, name, body, lenient=lenient)

    def validate_members(self, name: str, members: Mapping[str, bytes], *, lenient: bool = False) -> tuple[str, ...]:
        """As validate_notification, for the hot path: members as JSON text; what fit before is not judged again."""
        fresh = self._fitting.fresh(name, members)
        parsed = {member: orjson.loads(text) for member, text in fresh.items()}
        quirks = judge_notification(self.tree, name, parsed, lenient=lenient) if parsed else ()
        if not quirks:
            self._fitting.add(name, fresh)
        return quirks

    def has_structure(self, name: str) -> bool:
        """Says whether the schema defines a structure (RFC 8791), by ``module:name``."""
        return has_structure(self.tree, name)

    def fits_exactly(self, observed_at: str, point: str, event_time: str) -> bool:
        """Says whether an exact push-update (``Notification.exact``) with such times fitted before: then it does."""
        return self._fitting.has_exact(observed_at, point, event_time)

    def remember_exact(self, observed_at: str, point: str, event_time: str) -> None:
        """Remembers that an exact push-update fitted, where that says something of others."""
        self._fitting.add_exact(observed_at, point, event_time)

    def _refused(self, document: Mapping[str, Any], refused: Refusal) -> InvalidInstanceError:
        """Finds the offending node: libyang 2.1 names none of those that it cannot parse."""
        found = locate(self.tree, document)
        refusal = refused.words[:MAX_SHOWN]
        path, rule = found or (self._place_of(document, refused), refusal)
        said = f"{rule} (libyang: {refusal})" if found else f"refused by the schema: {refusal}"
        module = missing_module(path, self.tree)
        reason = "module-missing" if module else "invalid-contents"
        return InvalidInstanceError(reason, f"{path}: {said}" if path else said, path=path, rule=rule, module=module)

    def _place_of(self, document: Mapping[str, Any], refused: Refusal) -> str:
        """Returns where a rule is broken that the tree cannot judge: must, mandatory, a value that stands twice."""
        if refused.path:
            value = locate_quoted(self.tree, document, refused.words)  # libyang names a leaf-list without its value
            return value if value.startswith(f"{refused.path}[") else refused.path
        if refused.schema_path:
            return locate_missing(self.tree, document, refused.schema_path)
        return locate_quoted(self.tree, document, refused.words)
