"""Records do what Python's dataclasses and named tuples do, which the same classes are here."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import typing
from typing import Any

import pytest

from minnet import records


def classes(of: Any) -> tuple[type[Any], type[Any], type[Any], type[Any]]:
    @of.dataclass(frozen=True)
    class Point:
        x: float
        y: float = 0.0
        tags: list[str] = of.field(default_factory=list)

        @property
        def length(self) -> float:
            return abs(self.x) + abs(self.y)

    @of.dataclass(frozen=True, kw_only=True)
    class Named(Point):
        name: str

    @of.dataclass(eq=False)
    class Own:
        size: int
        twice: int = of.field(init=False)

        def __post_init__(self) -> None:
            self.twice = 2 * self.size

    @of.dataclass(frozen=True, repr=False)
    class Quiet:
        value: int = 3

        def __str__(self) -> str:
            return "quiet"

        __repr__ = __str__

    return Point, Named, Own, Quiet


BOTH = [pytest.param(classes(of), id=of.__name__) for of in (dataclasses, records)]


@dataclasses.dataclass(frozen=True)
class _Theirs:
    x: int = 1


@records.dataclass(frozen=True)
class _Ours:
    x: int = 1


@pytest.mark.parametrize("made", BOTH)
def test_fields_are_given_by_position_and_by_name(made):
    point, named, own, quiet = made
    assert vars(point(1.0, y=2.0)) == {"x": 1.0, "y": 2.0, "tags": []}
    assert list(vars(named(1.0, name="a", tags=["b"]))) == ["x", "y", "tags", "name"]
    assert own(2).twice == 4
    assert point(1.0, -2.0).length == 3.0
    assert (point.y, hasattr(point, "tags")) == (0.0, False)
    assert point(1.0).tags is not point(1.0).tags
    assert str(quiet()) == repr(quiet()) == "quiet"


@pytest.mark.parametrize("made", BOTH)
@pytest.mark.parametrize(
    "given, named", [((), {}), ((1, 2, [], 4), {}), ((1,), {"x": 1}), ((1,), {"z": 1})]
)
def test_what_is_no_field_or_lacks_is_refused(made, given, named):
    with pytest.raises(TypeError):
        made[0](*given, **named)


@pytest.mark.parametrize("made", BOTH)
def test_a_field_by_name_only(made):
    with pytest.raises(TypeError):
        made[1](1.0, 2.0, [], "a")


@pytest.mark.parametrize("made", BOTH)
def test_equal_and_shown_by_their_fields(made):
    point, named, own, quiet = made
    assert point(1.0) == point(1.0, 0.0) != point(2.0)
    assert point(1.0) != named(1.0, name="a")
    assert own(1) != own(1) and len({own(1), own(1)}) == 2
    assert hash(quiet(1)) == hash(quiet(1))
    assert repr(point(1.0)).endswith("Point(x=1.0, y=0.0, tags=[])")
    with pytest.raises(TypeError):
        hash(point(1.0))  # by its fields, and a list has none
    match named(1.0, 2.0, name="a"):
        case point(x, y):
            assert (x, y) == (1.0, 2.0)


@pytest.mark.parametrize("made", BOTH)
def test_frozen(made):
    point, _, own, _ = made
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'x'"):
        point(1.0).x = 2.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        del point(1.0).x
    changed = own(1)
    changed.size = 5
    assert changed.size == 5


@pytest.mark.parametrize("made", BOTH)
@pytest.mark.parametrize("of", [dataclasses, records])
def test_replaced(made, of):
    if of is dataclasses or made is BOTH[1].values[0]:
        point, named, _, _ = made
        assert of.replace(point(1.0, 2.0), x=3.0) == point(3.0, 2.0)
        assert of.replace(named(1.0, name="a"), name="b") == named(1.0, name="b")
        with pytest.raises(TypeError):
            of.replace(point(1.0), z=3.0)


@pytest.mark.parametrize("made", BOTH)
def test_what_dataclasses_can_do_with_them(made):
    point, named, own, _ = made
    assert dataclasses.is_dataclass(point)
    assert [field.name for field in dataclasses.fields(named)] == ["x", "y", "tags", "name"]
    assert dataclasses.asdict(point(1.0)) == {"x": 1.0, "y": 0.0, "tags": []}
    assert dataclasses.astuple(own(1)) == (1, 2)


@pytest.mark.parametrize("cls", [_Theirs, _Ours])
def test_copied_and_pickled(cls):
    held = cls(5)
    assert copy.deepcopy(held) == pickle.loads(pickle.dumps(held)) == held
    assert vars(copy.copy(held)) == {"x": 5}


def tuples(of: Any) -> type[Any]:
    class Size(of.NamedTuple):
        """How large something is."""

        height: int
        width: int = 1

        @property
        def area(self) -> int:
            return self.height * self.width

        @classmethod
        def square(cls, side: int) -> Size:
            return cls(side, side)

    return Size


class _TheirSize(typing.NamedTuple):
    height: int
    width: int = 1


class _OurSize(records.NamedTuple):
    height: int
    width: int = 1


SIZES = [pytest.param(tuples(of), id=of.__name__) for of in (typing, records)]


@pytest.mark.parametrize("size", SIZES)
def test_a_named_tuple_is_a_tuple_with_names(size):
    made = size(2, width=3)
    assert made == (2, 3) == size(width=3, height=2) and isinstance(made, tuple)
    assert (made.height, made.width, made.area, made[1], len(made)) == (2, 3, 6, 3, 2)
    assert size(2) == (2, 1) and size.square(2) == (2, 2)
    assert {made: 1}[2, 3] == 1 and sorted([made, size(1)])[0] == (1, 1)
    assert repr(made) == "Size(height=2, width=3)"
    assert size._fields == ("height", "width")
    match made:
        case size(height, width=width):
            assert (height, width) == (2, 3)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "given, named",
    [((), {}), ((1, 2, 3), {}), ((1,), {"height": 1}), ((1,), {"z": 1}), ((1, 2), {"width": 2})],
)
def test_a_named_tuple_has_its_items_and_no_others(size, given, named):
    with pytest.raises(TypeError):
        size(*given, **named)


@pytest.mark.parametrize("size", SIZES)
def test_a_named_tuple_stays_and_is_replaced(size):
    made = size(2, 3)
    with pytest.raises(AttributeError):
        made.height = 4
    assert made._replace(width=5) == (2, 5) and type(made._replace(width=5)) is size
    assert made._asdict() == {"height": 2, "width": 3}
    with pytest.raises((TypeError, ValueError)):
        made._replace(depth=1)


@pytest.mark.parametrize("cls", [_TheirSize, _OurSize])
def test_a_named_tuple_is_copied_and_pickled(cls):
    held = cls(5)
    for again in (copy.copy(held), copy.deepcopy(held), pickle.loads(pickle.dumps(held))):
        assert again == held and type(again) is cls


@pytest.mark.parametrize("own", BOTH)
def test_help_shows_what_they_are_made_of(own: Any) -> None:
    _, named, *_ = own
    told = inspect.signature(named).parameters.values()
    assert [(p.name, p.kind is p.KEYWORD_ONLY, p.default is p.empty) for p in told] == [
        ("x", False, True), ("y", False, False), ("tags", False, False), ("name", True, True),
    ]  # fmt: skip
