"""Collection of the blocks of a file into whole columns, beyond the memory on the disk."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from analysis.importers.imported import Piece
from analysis.importers.quantities import ImportedColumn
from analysis.importers.spool import Spool, StoredColumn


def gathered(pieces: Iterable[Piece], spool: Spool | None = None) -> list[Piece]:
    """Return the pieces with whole columns; with a spool only one piece at a time is in memory.

    Parameters
    ----------
    pieces : iterable of Piece
        In the order of the file; blocks that continue the piece before them are joined to it.
    spool : Spool, optional
    """
    whole: list[Piece] = []
    blocks: list[Piece] = []
    for piece in pieces:
        if piece.continues and spool is not None:
            whole[-1] = _extended(whole[-1], piece, spool)
        elif piece.continues:
            blocks.append(piece)
        else:
            if blocks:
                whole[-1], blocks = _joined([whole[-1], *blocks]), []
            whole.append(piece if spool is None else _kept(piece, spool))
    if blocks:
        whole[-1] = _joined([whole[-1], *blocks])
    return whole


def _kept(piece: Piece, spool: Spool) -> Piece:
    return _with_values([piece], [spool.keep(column.values) for column in piece.quantities])


def _extended(piece: Piece, block: Piece, spool: Spool) -> Piece:
    stored: list[StoredColumn] = [spool.store(column.values) for column in piece.quantities]
    for column, more in zip(stored, block.quantities, strict=True):
        column.append(more.values)
    return _with_values([piece, block], stored)


def _joined(blocks: list[Piece]) -> Piece:
    columns = zip(*(block.quantities for block in blocks), strict=True)
    return _with_values(blocks, [np.concatenate([c.values for c in parts]) for parts in columns])


def _with_values(blocks: list[Piece], values: Iterable[object]) -> Piece:
    """Return the first block with the values and remarks of all."""
    piece, remarks = blocks[0], dict.fromkeys(remark for block in blocks for remark in block.remarks)
    columns: list[ImportedColumn] = [
        replace(column, values=new) for column, new in zip(piece.quantities, values, strict=True)
    ]
    return replace(piece, quantities=tuple(columns), remarks=tuple(remarks))
