"""Options of a command from the parameters of a procedure."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource


class _InWords(click.ParamType):
    """Number with the syntax and the messages of the window's form."""

    def __init__(self, parameter: Any) -> None:
        super().__init__(min=parameter.minimum, max=parameter.maximum)  # type: ignore[call-arg]
        self._parameter = parameter

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number; fail with a sentence."""
        from procedures.parameters import read

        try:
            return read(self._parameter, value)
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)


class _Whole(_InWords, click.IntRange):
    """A whole number."""


class _Number(_InWords, click.FloatRange):
    """A number."""


class _UnlessSwept(click.Option):
    """Option that may be missing if ``--sweep``, which is read first, gives its values."""

    def handle_parse_result(
        self, ctx: click.Context, opts: Mapping[str, Any], args: list[str]
    ) -> tuple[Any, list[str]]:
        """Read the value; a swept parameter that is not given has none."""
        if self.required and self.name not in opts and (sweeps := ctx.params.get("sweeps")):
            from procedures.sequence import swept_name

            if self.name in map(swept_name, sweeps):
                ctx.params[self.name] = None
                return None, args
        return super().handle_parse_result(ctx, opts, args)


def swept(
    parameters: Mapping[str, Any], sweeps: Sequence[str], values: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the values of each run of ``--sweep`` options; the first one is the slowest.

    Raises
    ------
    BadParameter
        Names what can't be read.
    """
    from procedures.sequence import read_sweep, swept_runs

    try:
        return swept_runs(values, [read_sweep(each, parameters) for each in sweeps])
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="'--sweep'") from None


def numbered_names(out: Path, runs: int) -> list[Path]:
    """Return the name of one recording as it is; numbered ones for several: night-001.h5. Refuse one that exists."""
    if runs == 1:
        return [out]
    names = [out.with_name(f"{out.stem}-{number:03d}{out.suffix}") for number in range(1, runs + 1)]
    if taken := [name for name in names if name.exists()]:
        raise click.BadParameter(f"{taken[0]} exists; a recording is never overwritten", param_hint="'--out'")
    return names


def parameter_option(name: str, parameter: Any) -> click.Option:
    """Return an option with the parameter's type, unit, bounds, default and description."""
    from procedures.pymeasure_types import FloatParameter, IntegerParameter, ListParameter

    flag = "--" + name.replace("_", "-")
    unit = (getattr(parameter, "units", None) or "").replace("_", "")
    text = parameter.description or parameter.name
    if isinstance(parameter.default, bool):
        return click.Option(
            [f"{flag}/--no-{flag[2:]}", name], default=parameter.default, show_default=True, help=text
        )
    kind: click.ParamType = click.STRING
    match parameter:
        case ListParameter():
            kind = click.Choice(parameter.choices)
        case IntegerParameter():
            kind = _Whole(parameter)
        case FloatParameter():
            kind = _Number(parameter)
    if parameter.default is None:
        default: dict[str, Any] = {"required": True}
    else:
        shown = str(parameter) if isinstance(parameter.default, tuple) else parameter.default
        default = {"default": shown, "show_default": shown != ""}
    return _UnlessSwept(
        [flag, name],
        type=kind,
        metavar=None
        if isinstance(parameter, ListParameter)
        else unit or ("TEXT" if kind is click.STRING else "N"),
        help=text,
        **default,
    )


def unproved_option() -> click.Option:
    """Return the option that skips the proof of the rig before the first motion."""
    return click.Option(
        ["--unproved"],
        default="",
        metavar="REASON",
        callback=_reason,
        help="Skip the proof of the rig before the first motion; the reason goes into recording and report.",
    )


def _reason(context: click.Context, option: click.Parameter, value: str) -> str:
    """Return the reason without spaces around it. Raises ``BadParameter`` for one that says nothing."""
    if context.get_parameter_source("unproved") is ParameterSource.COMMANDLINE and not value.strip():
        raise click.BadParameter("give a reason", context, option)
    return value.strip()
