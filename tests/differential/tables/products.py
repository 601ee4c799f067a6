"""Products of vectors, matrices and arrays."""

from ..drawing import matrices, products
from ..rows import BOTH, Row


def of(name, draws, call=None, torch="same", **more):
    return Row(name, draws, call=call, torch=torch, complex=BOTH, **more)


def written(subscripts, count):
    letters = subscripts.split("->")[0].split(",")
    return of("einsum", products(*letters), lambda m, *xs: m.einsum(subscripts, *xs))


ROWS = [
    of("matmul", products("ij", "jk", batch=True)),
    of("matmul", products("j", "jk")),
    of("matmul", products("ij", "j")),
    of("matmul", products("bij", "jk")),
    of("linalg.matmul", products("ij", "jk", batch=True)),
    of("dot", products("i", "i")),
    of("dot", products("ij", "jk"), torch=lambda t, x, y: x @ y),
    of("dot", products("aij", "bjk"), torch=lambda t, x, y: t.tensordot(x, y, ([2], [1]))),
    of("vdot", products("i", "i")),
    of("inner", products("i", "i")),
    of("inner", products("aij", "kj")),
    of("outer", products("i", "j")),
    of("linalg.outer", products("i", "j"), torch=lambda t, x, y: t.outer(x, y)),
    of("tensordot", products("ijk", "jkl"), lambda m, x, y: m.tensordot(x, y, 2)),
    of("tensordot", products("ijk", "kli"), lambda m, x, y: m.tensordot(x, y, ([0, 2], [2, 0]))),
    of("linalg.tensordot", products("ij", "jk"), lambda m, x, y: m.linalg.tensordot(x, y, axes=1),
       torch=lambda t, x, y: t.tensordot(x, y, 1)),
    of("kron", products("ij", "kl")),
    of("kron", products("i", "kl")),
    of("cross", matrices(columns=3), lambda m, x: m.cross(x, x[..., ::-1] * 2 + x**2),
       torch=lambda t, x: t.linalg.cross(x, t.flip(x, (-1,)) * 2 + x**2)),
    of("linalg.cross", matrices(columns=3), lambda m, x: m.linalg.cross(x, x[..., ::-1] * 2 + x**2),
       torch=lambda t, x: t.linalg.cross(x, t.flip(x, (-1,)) * 2 + x**2)),
    of("vecdot", products("ij", "j"), torch=lambda t, x, y: t.linalg.vecdot(x, y)),
    of("linalg.vecdot", products("ij", "ij")),
    of("matvec", products("ij", "j", batch=True), torch=lambda t, x, y: (x @ y[..., None])[..., 0]),
    of("vecmat", products("i", "ij", batch=True),
       torch=lambda t, x, y: (t.conj(x)[..., None, :] @ y)[..., 0, :]),
    written("ij,jk->ik", 2),
    written("ij,ij->i", 2),
    written("ijk->ki", 1),
    written("bij,bjk,k->bi", 3),
    written("ii->i", 1),
    of("linalg.multi_dot", products("ij", "jk", "kl"), lambda m, *xs: m.linalg.multi_dot(xs)),
    of("linalg.matrix_transpose", matrices(), torch=lambda t, x: x.mT),
]  # fmt: skip
