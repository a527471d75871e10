"""Made-up headers as hospitals have them: names of many languages, record numbers, descriptions, institutions."""

from __future__ import annotations

_FAMILIES = """
    Lee Ng Li An Le La Vo Vu Ho Hu Hui Ma Mu Su Xu Yu Wu Qi Ai Ao Ba Bo Du Fu Ge He Ji Ke Lu Mo Ni Ou Pu Qu Re Ri Sa So
    Ta Tu Um Wi Ye Zu Kim Park Choi Jung Kang Cho Yoon Lim Han Oh Seo Shin Kwon Ahn Song Hong Tran Nguyen Pham Phan
    Bui Dang Do Duong Ly Sato Suzuki Ito Abe Mori Ono Ota Hara Ueda Smith Jones Brown White Green Hall Wood Hill Bell
    Cook Bailey Reed Cox Ward Gray King Long Young Small Little Large Low High Main Middle Upper Left Right Short Strong
    Hand Heart Brain Head Foot Bone Lung Liver Spleen Lens Neck Rib Iris Back Body Skin Hair Beard Palm Hip Knee Colon
    Thorax Chest Pelvis Atlas Axial Original Primary Other None Real Norm Mean Fat Water Sub Add Sprawl Tongue Cord
    Muller Meier Schmidt Fischer Weber Wagner Becker Schulz Hoffmann Koch Bauer Klein Wolf Neumann Schwarz Braun Herz
    Lang Kurz Jung Alt Roth Busch Thoma Ott Ast Aal Ulm Rippe Niere Leber Milz Magen Garcia Lopez Perez Cruz Rey Mano
    Cabeza Rossi Russo Ferrari Bruno Costa Vena Ponte Leone Silva Santos Lima Rocha Dubois Petit Grand Blanc Roux
    Novak Dvorak Kral Horvat Kovac Babic Nagy Toth Kis Szabo Popa Ion Popescu Ivanov Orlov Sidorov Jansen Bakker Visser
    Smit Bos Mol Berg Dahl Lind Ek Ros Virtanen Laine Mets Tamm Kask Yilmaz Kaya Demir Sahin Haddad Ali Khan Ahmed
    Cohen Levi Mizrahi Singh Patel Rao Das Sen Roy Nair Okafor Obi Eze Diallo Ba Sow Abebe Tadesse Moyo Ncube Dcm Psn
    Vert Duod Aort Pros Tate Rose May June August Summers Winter
"""
_GIVEN_NAMES = "Jo Al Ed An Li Bo Ann Eva Max Ben Tom Sun Min Hue Art Ray Dee Lou Mia Ida Ole Pia Ulf Zoe Kai"
_GIVEN = _GIVEN_NAMES.split()
_ACCENTED = (
    "Müller^Jörg", "Grün^Änne", "Óscar^Peña", "Łoś^Żaneta", "Şahin^Çağla", "Nuñez^Iñaki", "Ångström^Åsa", "Čapek^Jiří",
    "Nguyễn^Ân", "O'Neill^Aoife", "Smith-Jones^Ann", "van der Berg^Ad", "al-Haddad^Ali", "李^安=李^安", "Kim^Min=김^민",
    "Yamada^Tarou=山田^太郎=やまだ^たろう", "Иванов^Иван", "Παπάς^Άρης", "Lee, An", "LEE AN",
    "X", "Li", "?", "^^^Dr^", "ANONYMOUS",
)  # fmt: skip

NAMES = tuple(f"{family}^{_GIVEN[at % len(_GIVEN)]}" for at, family in enumerate(_FAMILIES.split())) + _ACCENTED
IDS = (
    "1", "7", "0001", "12", "99", "A12", "T12", "L5", "C7", "S1", "R2", "120", "250", "400", "512", "1000", "1024",
    "3071", "4096", "00000000", "11111111", "99999999", "--------", "........", "XXXXXXXX", "20240131", "19700101",
    "1970-01-01", "010170", "A-1", "P/7", "MR1", "CT1", "HFS", "FFS", "M", "F", "UNKNOWN", "ANON", "TEST", "TEST0001",
    "N/A", "none", "4711", "08154711", "12 345", "12.34", "1.5", "0.5", "977-1", "PAT_1", "id:3", "Zürich-7",
)  # fmt: skip
DESCRIPTIONS = (
    "MRI PROSTATE", "Lung Clinic follow-up", "CT Thorax 3,0 B70f", "spacing 0,9765625 mm",
    "FOV 250,00000 x 250,00000",
    "TE 3,90000 TR 8,50000", "KV 120,00000", "Abdomen 5.0 I30f 3", "Knochen 1,0", "HEAD AND NECK", "Heart CTA 0,6 75%",
    "Brain T1 3D", "Spine 1.5", "Becken nativ", "Crâne sans injection", "ORIGINAL PRIMARY AXIAL", "WATER FAT IN_PHASE",
    "        ", "--------", "..........", "0000000000", "=========",
    "512 512", "1 2 3 4 5", "0 0 0 0 0 0", "1/2", "3 mm",
    "Prone position HFP", "Spleen Liver Kidney", "NONE", "", "T2 TSE TRA 320", "Dose 7,50000 mGy", "120,5 / -120,5",
)  # fmt: skip
INSTITUTIONS = (
    "Lung Clinic",
    "Heart Center", "Brain Hospital", "St. Mary", "Axial Imaging", "Universitätsklinikum",
    "Prostate Unit",
    "Hospital General", "CHU", "Klinik am See", "Kidney & Liver Institute", "The Spine Place", "Primary Care",
    "MR Praxis",
    "Radiologie 3000", "Bone and Joint", "Original Health", "Eye Center", "Rib Cage Ltd", "Head Office",
)  # fmt: skip
# Values of several parts, some of them blank or drawn lines, as they stand in LO, SH and CS.
PARTS = (
    ["", ""],
    [" ", "A"],
    ["        ", "A"],
    ["--------", "________"],
    ["00000000", "1"],
    ["\0\0\0\0\0\0\0\0", "B"],
)

# Names that vendors and TG-263 give ROIs and that are in no table of ours by themselves.
_ROIS = """
    Lung_L Lung_R LUNG_LEFT Heart Hand_L Hand_R Spleen Prostate Bladder Bag_Bowel Bowel_Bag OpticNrv_L OpticNrv_PRV03_L
    OpticChiasm_PRV3 Parotid_L Parotids Lens_R Eye_L Lips Brain~ Brainstem_PRV SpinalCord_PRV05 SpinalCanal_PRV5
    A_LAD LN_Ax_L1_R LN_Neck_II_L LN_Iliac_Ext_R VB_T12 VB_L5 VB_C7 Rib05_L Femur_Head_L Femur_Head_R Kidney_Cortex_L
    Musc_Constrict_S Glnd_Submand_R Glnd_Thyroid Cavity_Oral Joint_TM_L Lobe_Temporal_R Bone_Mandible GreatVes
    SeminalVes_Dist PenileBulb Rectum_A Anus External Body Skin Lungs^Ex Lungs-GTV Liver-CTV PTV_High PTVp1 PTVp1_7000
    GTVn2_MR1 CTV_5040 ITV_Low IGTV_2 zPTVopt Heart_2 LIVER_1 Lung_Left Left_Lung
"""
VENDOR_ROIS = tuple(_ROIS.split())
