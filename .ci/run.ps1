# Checks a clean clone on Windows: what .ci/run does on Linux. Fails when anything fails.
$ErrorActionPreference = "Stop"
$PSNativeCommandUseErrorActionPreference = $true   # PowerShell 7.4: a program that fails ends the script

$env:QT_QPA_PLATFORM = "offscreen"
$env:PYTHONUTF8 = "1"
$top = Split-Path -Parent $PSScriptRoot
if (-not $env:HOTJUNCTION_RECORDINGS) {
    $recordings = Join-Path $top "..\shared\recordings"
    if (Test-Path $recordings) { $env:HOTJUNCTION_RECORDINGS = (Resolve-Path $recordings).Path }
}

$work = Join-Path ([System.IO.Path]::GetTempPath()) ([System.IO.Path]::GetRandomFileName())
New-Item -ItemType Directory -Path $work | Out-Null
try {
    git clone -q $top (Join-Path $work "hotjunction")
    Set-Location (Join-Path $work "hotjunction")
    python -m venv (Join-Path $work "venv")
    $python = Join-Path $work "venv\Scripts\python.exe"
    $scripts = Join-Path $work "venv\Scripts"

    & $python -m pip install -q -c constraints.txt -e ".[test,docs]"
    & "$scripts\ruff.exe" check .
    & "$scripts\ruff.exe" format --check .
    & "$scripts\lint-imports.exe"
    & "$scripts\mypy.exe"
    & $python -m sphinx -q -W --keep-going -b html docs build/docs
    & $python -m pytest -n auto
}
finally {
    Set-Location $top
    Remove-Item -Recurse -Force $work -ErrorAction SilentlyContinue
}
