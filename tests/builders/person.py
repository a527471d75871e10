"""A made-up person from knees to vertex in numbers, scanned in many ways: what is right is known voxel by voxel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.samples.image import SampleImage
from model.volume.volume import Volume
from tests.builders.series import SeriesPlan, geometry

Mask = NDArray[np.bool_]
Array = NDArray[np.float32]

OUTSIDE, FAT, TISSUE, CORD, BRAIN, SPONGY, COMPACT = -1000, -100, 35, 25, 37, 260, 900


@dataclass(frozen=True)
class Person:
    """One scan of the person; z is 0 at the heart, the vertex lies at 425 mm, the knees at -850 mm.

    ``reach`` (lowest z, highest z) mm, ``across`` (least x, greatest x) mm with x to the patient's left; ``step`` and
    ``pixel`` mm. ``arms``: ``none``, ``down`` (beside the trunk) or ``up`` (beside the head). ``lungs`` holds the
    sides that have air, ``shift`` moves what lies between them to the right, as after the right lung is removed.
    ``devices`` are things that are no patient.
    """

    reach: tuple[float, float] = (-130.0, 425.0)
    across: tuple[float, float] = (-260.0, 260.0)
    step: float = 5.0
    pixel: float = 3.5
    arms: str = "none"
    lungs: str = "LR"
    lung_hu: float = -845.0
    shift: float = 0.0
    head_air: float = -965.0
    gas: float = -990.0
    devices: tuple[str, ...] = ()
    foam: float = -700.0
    gap: float = 9.0
    contrast: bool = False
    metal: bool = False
    present: bool = True
    seed: int = 1

    def scan(self) -> Scan:
        """The volume and where everything in it is."""
        return _Draft(self).scan()


@dataclass(frozen=True)
class Scan:
    """``volume`` and what is right on its grid: masks (slice, row, column); ``lungs`` is 1 on the right, 2 left."""

    volume: Volume
    inside: Mask
    lungs: NDArray[np.uint8]
    trachea: Mask
    canal: Mask
    brain: Mask
    z: NDArray[np.float64]

    @property
    def image(self) -> SampleImage:
        """The same as an image that a writer of DICOM series takes."""
        plane = self.volume.geometry.planes[0]
        affine = np.diag([plane.spacing[1], plane.spacing[0], self.z[1] - self.z[0], 1.0])
        affine[:3, 3] = plane.position
        return SampleImage(np.asarray(self.volume.array, dtype=np.int16), affine)


class _Draft:
    def __init__(self, person: Person) -> None:
        self.person = person
        low, high = person.reach
        self.z = np.arange(low, high, person.step)
        self.y = np.arange(-165.0, 225.0, person.pixel)
        self.x = np.arange(*person.across, person.pixel)
        self.grid = np.meshgrid(self.z, self.y, self.x, indexing="ij", sparse=True)
        self.shape = (len(self.z), len(self.y), len(self.x))
        self.hu: Array = np.full(self.shape, OUTSIDE, dtype=np.float32)

    def scan(self) -> Scan:
        none = np.zeros(self.shape, dtype=np.bool_)
        inside, trachea, canal, brain = none, none, none, none
        lungs = np.zeros(self.shape, dtype=np.uint8)
        if self.person.present:
            inside = self._flesh()
            self._bones(inside)
            lungs = self._lungs(inside)
            brain, canal = self._head(inside), self._spine(inside)
            trachea = self._airway(inside, lungs)
            self._bowel(inside)
            if self.person.metal:
                self.hu[self._ellipsoid((30, -60, 258), (5, 5, 5)) & inside] = 3071
        for name in self.person.devices:
            getattr(self, f"_{name}")(inside)
        rng = np.random.default_rng(self.person.seed)
        sharp = ndimage.gaussian_filter(self.hu, (0, 0.6, 0.6))
        noisy = sharp + rng.normal(0, 12, self.shape).astype(np.float32)
        array = np.clip(np.rint(noisy), -1024, 3071).astype(np.int16)
        plan = SeriesPlan(
            shape=self.shape[1:],
            offsets=tuple(float(value - self.z[0]) for value in self.z),
            spacing=(self.person.pixel, self.person.pixel),
            origin=(float(self.x[0]), float(self.y[0]), float(self.z[0])),
        )
        return Scan(Volume(array, geometry(plan)), inside, lungs, trachea, canal, brain, self.z)

    # Shapes, in mm.

    def _whole(self, mask: NDArray[np.bool_]) -> Mask:
        return np.broadcast_to(mask, self.shape).copy()

    def _ellipsoid(self, centre: tuple[float, float, float], radii: tuple[float, float, float]) -> Mask:
        z, y, x = self.grid
        parts = ((x - centre[0]) / radii[0]) ** 2 + ((y - centre[1]) / radii[1]) ** 2
        return self._whole(parts + ((z - centre[2]) / radii[2]) ** 2 <= 1)

    def _tube(self, centre: tuple[float, float], radii: tuple[float, float], z: tuple[float, float]) -> Mask:
        heights, y, x = self.grid
        round_ = ((x - centre[0]) / radii[0]) ** 2 + ((y - centre[1]) / radii[1]) ** 2 <= 1
        return self._whole(round_ & (heights >= z[0]) & (heights <= z[1]))

    def _box(self, x: tuple[float, float], y: tuple[float, float], z: tuple[float, float]) -> Mask:
        heights, rows, columns = self.grid
        flat = (columns >= x[0]) & (columns <= x[1]) & (rows >= y[0]) & (rows <= y[1])
        return self._whole(flat & (heights >= z[0]) & (heights <= z[1]))

    # The person.

    def _trunk(self, skin: float) -> Mask:
        """Trunk and neck, ``skin`` mm below the surface."""
        z, y, x = self.grid
        part = np.clip((z - 125) / 55, 0, 1)
        part = part * part * (3 - 2 * part)
        rx, ry = 172 * (1 - part) + 62 * part - skin, 112 * (1 - part) + 66 * part - skin
        return self._whole(((x / rx) ** 2 + ((y - 14) / ry) ** 2 <= 1) & (z >= -430) & (z <= 270))

    def _flesh(self) -> Mask:
        trunk = self._trunk(0)
        head = self._ellipsoid((0, -12, 325), (77, 98, 100)) | self._ellipsoid((0, -55, 262), (54, 54, 50))
        head |= self._ellipsoid((0, -108, 290), (13, 15, 18))
        limbs = np.zeros_like(trunk)
        for side in (-1, 1):
            limbs |= self._tube((side * 88, 14), (76, 84), (-850, -425))
            if self.person.arms == "down":
                limbs |= self._tube((side * 222, 30), (38, 40), (-330, 120))
                limbs |= self._ellipsoid((side * 185, 20, 112), (70, 55, 38))
            if self.person.arms == "up":
                limbs |= self._tube((side * 135, 0), (40, 40), (110, 425))
        inside = trunk | head | limbs
        self.hu[inside] = TISSUE
        self.hu[trunk & ~self._trunk(10) & ~head & ~limbs] = FAT
        return inside

    def _bones(self, inside: Mask) -> None:
        z, y, _ = self.grid
        cage = self._ellipsoid((0, 8, 15), (158, 98, 178)) & ~self._ellipsoid((0, 8, 15), (148, 88, 168))
        rings = self._whole((np.sin(2 * np.pi * (z + 0.35 * y) / 26) > 0) & (z > -140))
        self.hu[cage & rings & inside & ~self._tube((0, -110), (40, 60), (-140, 20))] = 480
        for side in (-1, 1):
            self.hu[self._tube((side * 88, 14), (15, 15), (-850, -440)) & inside] = COMPACT
            self.hu[self._tube((side * 88, 14), (8, 8), (-850, -440)) & inside] = -40
            wing = self._ellipsoid((side * 88, 30, -390), (52, 62, 60))
            self.hu[wing & ~self._ellipsoid((side * 88, 26, -380), (44, 54, 58))] = 420
            self.hu[self._box((min(side * 24, side * 140), max(side * 24, side * 140)), (-62, -50), (128, 140))] = 520
            if self.person.arms == "down":
                self.hu[self._tube((side * 222, 30), (11, 11), (-330, 120)) & inside] = 800
            if self.person.arms == "up":
                self.hu[self._tube((side * 135, 0), (11, 11), (110, 425)) & inside] = 800

    def _lungs(self, inside: Mask) -> NDArray[np.uint8]:
        lungs = np.zeros(self.shape, dtype=np.uint8)
        for value, side, letter in ((1, -1, "R"), (2, 1, "L")):
            if letter not in self.person.lungs:
                continue
            alone = len(self.person.lungs) == 1
            centre = side * (80 - (self.person.shift if alone else 0))
            lung = self._ellipsoid((centre, 8, 10), (64 + (self.person.shift if alone else 0), 80, 158))
            lung &= ~self._ellipsoid((side * 80, 8, -150), (84, 96, 82))
            lung &= ~self._ellipsoid((22 - self.person.shift, -22, -30), (58, 52, 62))
            lung &= self._ellipsoid((0, 8, 15), (147, 87, 167))
            edge = -26 if not alone else -26 - 1.4 * self.person.shift
            columns = self.grid[2] * side
            lung &= self._whole(columns >= (26 if not alone else edge)) & ~self._tube((0, 62), (34, 60), (-900, 900))
            lungs[lung & inside] = value
        self.hu[lungs > 0] = self.person.lung_hu
        # Vessels, too thin to count.
        for x, y in ((60, 0), (85, 30), (-60, 0), (-85, 30)):
            self.hu[self._tube((x, y), (2.5, 2.5), (-90, 110)) & (lungs > 0)] = 20
        return lungs

    def _spine(self, inside: Mask) -> Mask:
        z = self.grid[0]
        body = self._tube((0, 48), (19, 16), (-420, 262))
        self.hu[body & inside] = SPONGY
        # Marrow is no even brightness, which would be a contrast agent's.
        self.hu[body & inside & self._whole(np.sin(self.grid[2]) * np.sin(z * 0.8) > 0.2)] = SPONGY - 130
        self.hu[body & ~self._tube((0, 48), (15, 12), (-420, 262)) & inside] = 480
        self.hu[body & inside & self._whole((z % 31) < 6)] = 90
        self.hu[self._tube((0, 72), (18, 17), (-420, 268)) & inside] = 560
        self.hu[self._box((-4, 4), (88, 104), (-420, 245)) & inside & self._whole((z % 31) > 12)] = 500
        self.hu[self._box((-38, 38), (66, 74), (-420, 130)) & inside & self._whole((z % 31) > 17)] = 450
        canal = self._tube((0, 72), (10, 9), (-420, 285)) & inside
        self.hu[canal] = CORD
        return canal

    def _head(self, inside: Mask) -> Mask:
        skull = self._ellipsoid((0, -4, 335), (71, 88, 84)) & self._whole(self.grid[0] >= 283)
        brain = self._ellipsoid((0, -4, 335), (64, 81, 77)) & self._whole(self.grid[0] >= 290)
        self.hu[skull & inside], self.hu[brain] = COMPACT, BRAIN
        jaw = self._ellipsoid((0, -52, 238), (48, 52, 18)) & ~self._ellipsoid((0, -44, 238), (39, 46, 22))
        self.hu[jaw & inside] = 800
        self.hu[self._box((-33, 33), (-88, -32), (246, 251)) & inside] = 700
        for side in (-1, 1):
            self.hu[self._ellipsoid((side * 38, -60, 266), (17, 20, 15)) & inside] = 650
            self.hu[self._ellipsoid((side * 30, -84, 296), (12, 11, 11)) & inside & ~skull] = 10
        return brain

    def _airway(self, inside: Mask, lungs: NDArray[np.uint8]) -> Mask:
        z, y, x = self.grid
        self.hu[self._tube((0, 12), (12, 12), (40, 188)) & inside & (lungs == 0)] = 60
        trachea = self._tube((0, 12), (9, 9), (45, 172)) & inside
        self.hu[trachea] = OUTSIDE
        for side in (-1, 1):
            middle = side * (52 - z) * 0.9
            bronchus = ((x - middle) ** 2 + (y - 14) ** 2 <= 49) & (z >= 15) & (z <= 52)
            self.hu[self._whole(bronchus) & inside] = -990
        air = self.person.head_air
        self.hu[self._tube((0, 12), (5, 7), (172, 186)) & inside] = air
        self.hu[self._tube((0, 10), (14, 11), (186, 222)) & inside] = air
        self.hu[self._tube((0, 16), (17, 10), (222, 282)) & inside] = air
        self.hu[self._box((-20, 20), (-90, 20), (253, 281)) & inside] = air
        self.hu[self._box((-1.5, 1.5), (-90, -50), (253, 281)) & inside] = 250
        for side in (-1, 1):
            self.hu[self._ellipsoid((side * 38, -56, 266), (13, 16, 12)) & inside] = air
        self.hu[self._ellipsoid((0, -90, 305), (22, 6, 12)) & inside & (self.hu != BRAIN)] = air
        return trachea

    def _bowel(self, inside: Mask) -> None:
        gas = self._ellipsoid((88, -40, -172), (34, 30, 22)) | self._ellipsoid((-105, -30, -280), (26, 30, 55))
        gas |= self._ellipsoid((0, -62, -255), (62, 18, 18)) | self._ellipsoid((108, 10, -290), (24, 26, 70))
        gas |= self._tube((12, -20), (11, 11), (-330, -210))
        self.hu[gas & inside & (self.hu < 150)] = self.person.gas
        if self.person.contrast:
            self.hu[self._tube((18, 24), (12, 12), (-400, 80)) & inside] = 320
            self.hu[self._ellipsoid((12, -22, -25), (46, 42, 50)) & inside & (self.hu > -200)] = 280
            for side in (-1, 1):
                self.hu[self._ellipsoid((side * 60, 50, -230), (26, 26, 52)) & inside] = 210

    # What is no patient.

    def _table(self, inside: Mask) -> None:
        self.hu[self._box((-210, 210), (190, 193), (-900, 900))] = 80
        self.hu[self._box((-210, 210), (193, 214), (-900, 900))] = -940
        self.hu[self._box((-210, 210), (214, 217), (-900, 900))] = 80

    def _insert(self, inside: Mask) -> None:
        """A thick, dense plate that lies on the table below the trunk."""
        self.hu[self._box((-150, 150), (138, 176), (-900, 150)) & ~inside] = 120
        self.hu[self._box((-150, 150), (138, 146), (-900, 150)) & ~inside] = 700

    def _headrest(self, inside: Mask) -> None:
        back = 86 + self.person.gap
        holder = self._box((-80, 80), (back, back + 60), (225, 400)) & ~inside
        self.hu[holder] = 25
        self.hu[self._box((-80, 80), (back, back + 16), (225, 400)) & ~inside] = 340
        self.hu[self._box((-60, 60), (back + 22, back + 52), (235, 390)) & ~inside] = self.person.foam

    def _cradle(self, inside: Mask) -> None:
        """A headrest like a U around the back and the sides of the head."""
        near = self._ellipsoid((0, -12, 325), (80 + self.person.gap, 100 + self.person.gap, 220))
        far = self._ellipsoid((0, -12, 325), (112 + self.person.gap, 135 + self.person.gap, 260))
        shell = far & ~near & self._box((-200, 200), (-20, 170), (240, 400)) & ~inside
        core = shell & ~ndimage.binary_dilation(near, iterations=4) & ndimage.binary_erosion(shell, iterations=3)
        self.hu[shell] = 90
        self.hu[core] = self.person.foam

    def _cushion(self, inside: Mask) -> None:
        """A vacuum cushion of beads that fits closely around head, neck and shoulders, in a thin cover."""
        lying = self._box((-230, 230), (10, 188), (20, 400)) & ~inside
        self.hu[lying] = -935
        self.hu[lying & ~ndimage.binary_erosion(lying, iterations=1, border_value=1)] = -150

    def _mask(self, inside: Mask) -> None:
        """A thermoplastic mask, in part on the skin, in part in front of it."""
        front = self._ellipsoid((0, -16, 320), (80, 104, 110)) & ~self._ellipsoid((0, -16, 320), (76, 100, 106))
        self.hu[front & self._box((-200, 200), (-200, 30), (215, 400)) & ~inside] = 120

    def _bite_block(self, inside: Mask) -> None:
        self.hu[self._box((-14, 14), (-150, -50), (252, 262))] = 110

    def _cylinder(self, inside: Mask) -> None:
        """A phantom of water with inserts of air and of something dense."""
        z = (self.person.reach[0] - 1, self.person.reach[1] + 1)
        self.hu[self._tube((0, 20), (110, 110), z)] = 0
        self.hu[self._tube((55, 20), (14, 14), z)] = -1000
        self.hu[self._tube((-55, 20), (14, 14), z)] = 340
        self.hu[self._tube((0, -35), (30, 20), z)] = -700


NECK = (60.0, 425.0)
CHEST = (-200.0, 220.0)
BELLY = (-430.0, -60.0)

VARIANTS = {
    "head, neck and half of the chest": Person(),
    "headrest, mask, table": Person(reach=NECK, devices=("table", "headrest", "mask")),
    "headrest against the head": Person(reach=NECK, devices=("table", "headrest"), gap=3.0, foam=-600.0),
    "headrest of dense foam": Person(reach=NECK, devices=("headrest",), foam=-250.0),
    "headrest of light foam, far": Person(reach=NECK, devices=("headrest",), foam=-930.0, gap=20.0),
    "headrest that touches the head": Person(reach=NECK, devices=("table", "headrest"), gap=-3.0),
    "headrest like a U": Person(reach=NECK, devices=("table", "cradle"), foam=-800.0),
    "vacuum cushion": Person(reach=NECK, devices=("table", "cushion")),
    "mask and bite block": Person(reach=NECK, devices=("mask", "bite_block"), head_air=-940.0),
    "air of the head as dense as lung": Person(reach=NECK, head_air=-890.0),
    "arms up": Person(reach=(-60.0, 425.0), arms="up"),
    "chest, arms down": Person(reach=CHEST, arms="down", across=(-290.0, 290.0), devices=("table",)),
    "chest, arms up, insert": Person(reach=CHEST, arms="up", devices=("table", "insert")),
    "chest, contrast": Person(reach=CHEST, contrast=True),
    "chest with emphysema": Person(reach=CHEST, lung_hu=-940.0),
    "chest, dense lung": Person(reach=CHEST, lung_hu=-650.0),
    "chest in slices of 3 mm": Person(reach=CHEST, step=3.0),
    "chest in slices of 10 mm": Person(reach=CHEST, step=10.0),
    "only a right lung": Person(reach=CHEST, lungs="R"),
    "left lung after the right was removed": Person(reach=CHEST, lungs="L", shift=24.0),
    "field of view on the right": Person(reach=CHEST, across=(-200.0, -15.0)),
    "field of view on the right with the spine": Person(reach=CHEST, across=(-200.0, 40.0)),
    "field of view on the left": Person(reach=CHEST, across=(10.0, 200.0)),
    "field of view on the left with the spine": Person(reach=CHEST, across=(-45.0, 200.0)),
    "field of view within the chest": Person(reach=CHEST, across=(-120.0, 120.0)),
    "belly with gas": Person(reach=BELLY, gas=-990.0),
    "belly with gas like lung": Person(reach=BELLY, gas=-900.0),
    "belly below the lungs": Person(reach=(-430.0, -150.0), gas=-940.0),
    "head": Person(reach=(225.0, 425.0), devices=("headrest",)),
    "head with metal": Person(reach=(225.0, 425.0), metal=True),
    "neck": Person(reach=(185.0, 300.0)),
    "legs": Person(reach=(-850.0, -480.0)),
    "one leg": Person(reach=(-850.0, -480.0), across=(0.0, 180.0)),
    "three slices of a chest": Person(reach=(0.0, 15.0)),
    "three slices of a head": Person(reach=(255.0, 270.0)),
    "empty table": Person(reach=CHEST, present=False, devices=("table", "insert")),
    "cylinder": Person(reach=(0.0, 160.0), present=False, devices=("table", "cylinder")),
}
