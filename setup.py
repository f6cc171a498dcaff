"""Builds the compiled core; everything else about the package stands in pyproject.toml.

FASTGRAD_DEBUG=1      assertions and counters of live objects
FASTGRAD_SANITIZE=1   address and undefined-behaviour sanitizers (CONTRIBUTING.md: how to run them)
"""

import os
import sys
from glob import glob
from pathlib import Path

import Cython
import numpy
from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

CORE = "src/fastgrad/_core"
GENERATED = "build/generated"
DIRECTIVES = {
    "language_level": 3,
    "autotestdict": False,
    "binding": False,  # methods called through the class check what they are given as self
    "c_api_binop_methods": True,
    "cdivision": True,
    "embedsignature": True,
    "embedsignature.format": "clinic",
    "initializedcheck": False,
}


def compiler_flags(msvc: bool) -> list[str]:
    """No contraction and no fast maths: every lane of the core gives the same bits."""
    debug, sanitize = (os.environ.get(f"FASTGRAD_{k}", "0") != "0" for k in ("DEBUG", "SANITIZE"))
    if msvc:
        speed = ["/Od", "/UNDEBUG", "/DFASTGRAD_DEBUG=1"] if debug else ["/O2"]
        return ["/std:c11", "/fp:precise", *speed]
    flags = ["-std=c11", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]
    flags += ["-fno-strict-aliasing"]  # element types live in plain bytes
    flags += ["-Wno-unused-function"]  # no module needs all that the headers define
    flags += ["-fvisibility=hidden", "-fstack-protector-strong", "-U_FORTIFY_SOURCE"]
    flags += ["-O1", "-g"] if debug or sanitize else ["-O3", "-g0"]
    if debug:
        flags += ["-UNDEBUG", "-DFASTGRAD_DEBUG=1"]
    if sanitize:
        flags += ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]
        flags += ["-fno-omit-frame-pointer"]
    else:
        flags += ["-D_FORTIFY_SOURCE=2"]
    return flags


class BuildCore(build_ext):
    def finalize_options(self):
        super().finalize_options()
        self.parallel = self.parallel or min(4, os.cpu_count() or 1)

    def build_extensions(self):
        flags = compiler_flags(msvc=self.compiler.compiler_type == "msvc")
        # What is built is dated by its sources alone; another recipe must build it anew as well.
        versions = Cython.__version__, numpy.__version__
        recipe = repr([*flags, os.environ.get("CFLAGS"), versions, DIRECTIVES])
        built_with = Path(self.build_temp, "recipe.txt")
        if not built_with.exists() or built_with.read_text() != recipe:
            self.force = True
            built_with.unlink(missing_ok=True)

        sys.path.insert(0, os.path.abspath("tools"))
        import codegen

        generated = codegen.main(GENERATED)
        translated = cythonize(
            [Extension(ext.name, ext.sources) for ext in self.extensions],
            include_path=["src"],
            build_dir=str(Path(self.build_temp, "cython")),  # of this Python and this NumPy
            compiler_directives=DIRECTIVES,
            nthreads=self.parallel,
            force=self.force,
        )
        sources = {ext.name: ext.sources for ext in translated}
        sources["fastgrad._core._loops"] += [path for path in generated if path.endswith(".c")]
        for ext in self.extensions:
            ext.sources = sources[ext.name]
            ext.depends = [*glob(f"{CORE}/*.h"), *generated]
            ext.extra_compile_args = flags
            ext.extra_link_args = [flag for flag in flags if flag.startswith("-fsanitize=")]
        self.extensions.sort(key=lambda ext: not ext.name.endswith("_loops"))  # it takes longest
        super().build_extensions()
        built_with.parent.mkdir(parents=True, exist_ok=True)
        built_with.write_text(recipe)


def extension(path: str) -> Extension:
    return Extension(
        f"fastgrad._core.{Path(path).stem}",
        [path],
        include_dirs=[CORE, GENERATED, numpy.get_include()],
        define_macros=[
            ("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION"),
            ("NPY_TARGET_VERSION", "NPY_2_0_API_VERSION"),
        ],
    )


if __name__ == "__main__":  # not in cythonize's worker processes, which may import this file
    setup(
        ext_modules=[extension(path) for path in sorted(glob(f"{CORE}/*.pyx"))],
        cmdclass={"build_ext": BuildCore},
    )
