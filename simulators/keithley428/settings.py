"""Settings of a Keithley 428: the options of its commands, bias and suppression, and its status word."""

from dataclasses import dataclass, field

from simulators.keithley428.commands import AUTO_RANGE, OPTIONS, SUPPRESS_CONFLICT, CommandError

SUPPRESS_RANGES_A = (5e-9, 5e-8, 5e-7, 5e-6, 5e-5, 5e-4, 5e-3)
"""Full scales of the suppression ranges 1 to 7."""

SUPPRESS_STEPS = 5000
"""Steps from zero to full scale of a suppression range (typical: 1 pA on 5 nA)."""

BIAS_STEP_V = 2.5e-3

RISE_TIMES_S = (10e-6, 30e-6, 100e-6, 300e-6, 1e-3, 3e-3, 10e-3, 30e-3, 100e-3, 300e-3)
"""10-90 % rise times T0 to T9."""


@dataclass
class Settings:
    """All settings. L1 saves a copy, which a device clear restores."""

    options: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OPTIONS, 0))
    bias_V: float = 0.0
    suppression_A: float = 0.0
    suppression_range: int = 1
    auto_range: bool = True
    display: str = ""

    @property
    def zero_check(self) -> bool:
        """True after C1, and after C2, which leaves zero check on."""
        return self.options["C"] > 0

    @property
    def decade(self) -> int:
        """Exponent of the gain without the x10 stage; R0, R1 and R2 all mean 3."""
        return max(self.options["R"], 3)

    @property
    def enlarge(self) -> int:
        """Gain of the x10 stage, 1 or 10."""
        return 10 if self.options["W"] else 1

    @property
    def filter_rise_time_s(self) -> float:
        """10-90 % rise time of the filter; 0 while it is off."""
        return RISE_TIMES_S[self.options["T"]] if self.options["P"] else 0.0

    @property
    def active_bias_V(self) -> float:
        """Output of the bias supply, in V; 0 while it is off."""
        return self.bias_V if self.options["B"] else 0.0

    @property
    def active_suppression_A(self) -> float:
        """Current subtracted at the input, in A; 0 while suppression is off."""
        return self.suppression_A if self.options["N"] else 0.0

    def set_bias(self, volts: float) -> None:
        """Execute command V: set the bias to the nearest step of 2.5 mV."""
        self.bias_V = round(volts / BIAS_STEP_V) * BIAS_STEP_V

    def set_suppression(self, amps: float | None, option: int | None) -> None:
        """Execute command S: set a value, a range (0 automatic, 1 to 7, 10 keep the present one), or both.

        Raises
        ------
        CommandError
            If the value does not fit the range; nothing changes then.
        """
        value_A = self.suppression_A if amps is None else amps
        auto = self.auto_range if option is None else option == AUTO_RANGE
        number = option if option in range(1, 8) else self.suppression_range
        if auto:
            number = next((n for n, full in enumerate(SUPPRESS_RANGES_A, 1) if abs(value_A) <= full), None)
        if number is None or abs(value_A) > SUPPRESS_RANGES_A[number - 1]:
            raise CommandError(SUPPRESS_CONFLICT)
        step_A = SUPPRESS_RANGES_A[number - 1] / SUPPRESS_STEPS
        self.suppression_A = round(value_A / step_A) * step_A
        self.auto_range, self.suppression_range = auto, number

    def status_word(self, filler: str) -> str:
        """Return U0. Public drivers use the positions of A, B, C and of P to W; ``filler`` stands between them."""
        shown = self.options | {
            "D": int(bool(self.display)),
            "S": AUTO_RANGE if self.auto_range else self.suppression_range,
        }
        form = "428A{A}B{B}C{C}" + filler + "P{P}R{R:02d}S{S:02d}T{T}W{W}Y{Y}Z{Z}"
        return form.format(**shown)
