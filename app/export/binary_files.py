"""Arrays for numpy, MATLAB, LabVIEW and xarray, with units and provenance."""

from pathlib import Path
from typing import Any

import numpy as np

from app.export.content import Content, ExportError, Group


def write_npz(content: Content, out: Path) -> None:
    """Write all arrays as GROUP.NAME into one file of numpy; "provenance" is JSON."""
    arrays = {
        f"{group.name}.{variable.name}": variable.values
        for group in content.groups
        for variable in (*group.coordinates, *group.variables)
    }
    with out.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays, provenance=np.array(content.history))


def write_mat(content: Content, out: Path) -> None:
    """Write a struct for each group, with its units in the field "units"; "provenance" is JSON."""
    from scipy.io import savemat

    with out.open("wb") as file:
        structs: dict[str, Any] = {group.name: _struct(group) for group in content.groups}
        savemat(
            file,
            {**structs, "provenance": content.history},
            do_compression=True,
            oned_as="column",
            long_field_names=True,
        )


def _struct(group: Group) -> dict[str, Any]:
    variables = (*group.coordinates, *group.variables)
    values = {v.name: v.values.astype(object) if v.values.dtype.kind in "US" else v.values for v in variables}
    return {**values, "units": {v.name: v.unit for v in variables}, "title": group.title}


def write_tdms(content: Content, out: Path) -> None:
    """Write a group of channels for each group, with NI's own property of the unit."""
    from nptdms import ChannelObject, GroupObject, RootObject, TdmsWriter

    with TdmsWriter(str(out)) as writer:
        objects: list[Any] = [RootObject({"provenance": content.history})]
        for group in content.groups:
            objects.append(GroupObject(group.name, {"description": group.title}))
            for variable in (*group.coordinates, *group.variables):
                properties: dict[str, Any] = {"unit_string": variable.unit, "description": variable.label}
                if variable.values.ndim == 2:
                    properties["columns"] = int(variable.values.shape[1])
                objects.append(ChannelObject(group.name, variable.name, variable.values.ravel(), properties))
        writer.write_segment(objects)


def dataset_of(content: Content) -> Any:
    """Return all arrays as one ``xarray.Dataset``; coordinates are named as their dimensions.

    Raises
    ------
    ExportError
        If xarray is not installed.
    """
    try:
        import xarray
    except ImportError:
        raise ExportError(
            'NetCDF needs xarray and h5netcdf: python -m pip install "hotjunction[export]"'
        ) from None
    variables: dict[str, Any] = {}
    coordinates: dict[str, Any] = {}
    for group in content.groups:
        for v in group.coordinates:
            coordinates[v.dims[0]] = (v.dims, v.values, {"units": v.unit, "long_name": v.label})
        for v in group.variables:
            described = {"long_name": v.label, **({"units": v.unit} if v.unit else {})}
            variables[f"{group.name}_{v.name}"] = (v.dims, v.values, described)
    sample = content.provenance["recordings"][0]["sample"]
    attributes = {
        "title": f"hotjunction: {sample}".rstrip(": "),
        "history": content.history,
        "Conventions": "CF-1.11",
    }
    return xarray.Dataset(variables, coordinates, attributes)


def write_netcdf(content: Content, out: Path) -> None:
    """Write one NetCDF-4 file, with real dimensions and units."""
    dataset = dataset_of(content)
    try:
        import h5netcdf
    except ImportError:
        raise ExportError('NetCDF needs h5netcdf: python -m pip install "hotjunction[export]"') from None
    del h5netcdf
    packed = {
        name: {"zlib": True, "complevel": 1} for name, v in dataset.data_vars.items() if v.dtype.kind in "if"
    }
    dataset.to_netcdf(out, engine="h5netcdf", encoding=packed)
