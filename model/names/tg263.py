"""Names of AAPM TG-263 (2018), so that a name which the report has is known as one of a structure.

Sides (_L, _R), numbers, margins (_PRV05) and parts (~) are left out: they are words that every name may have.
"""

from __future__ import annotations

# Non-target structures of the report's list, by their category roots (principle 9).
_STRUCTURES = """
    A_Aorta A_Aorta_Asc A_Aorta_Desc A_Axillary A_Basilar A_Brachiocephls A_Carotid A_Carotid_Int A_Celiac A_Cerebral
    A_Coronary A_Femoral A_Hypophyseal A_Hypogastric A_Iliac A_Iliac_Ext A_Iliac_Int A_LAD A_Lingual A_Mesenteric
    A_Pulmonary A_Renal A_Subclavian A_Subclavicular A_Vertebral AC Acetabulum Acoustic Adrenal AirWay_Dist
    AirWay_Prox Anus Appendix Arytenoid Atrium Bag_Bowel Bag_Ostomy BileDuct_Common Bladder Bladder_Wall Body Bolus
    Bone Bone_Ethmoid Bone_Frontal Bone_Hyoid Bone_Ilium Bone_Incus Bone_Ischium Bone_Lacrimal Bone_Mandible
    Bone_Mastoid Bone_Nasal Bone_Occipital Bone_Palatine Bone_Parietal Bone_Pelvic Bone_Sphenoid Bone_Temporal
    Bone_Zygomatic BoneMarrow Bowel Bowel_Large Bowel_Small Bowel_Loops BrachialPlex BrachialPlexus Brain Brainstem
    Brainstem_Core Brainstem_Surf Breast Breasts Bronchus Bronchus_Main BuccalMucosa Canal_Anal Carina Cartlg_Thyroid
    CaudaEquina Cavity_Nasal Cavity_Oral Cecum Cerebellum Cerebrum Cervix Chestwall Chestwall_OAR Chiasm
    Cist_Pontine Cist_Suprasellar Clavicle CN CN_III CN_V CN_VI CN_VII CN_VIII CN_IX CN_XI CN_XII Cochlea Colon
    Colon_Asc Colon_Ascending Colon_Decending Colon_Desc Colon_Sigmoid Colon_Transverse Cornea CribPlate
    Cricoid Cricopharyngeus Diaphragm Duodenum Ear_External Ear_Internal Ear_Middle Ears Edema Elbow Esophagus
    Esophagus_S Esophagus_Sphincter External Eye Eyes Femur Femur_Base Femur_Head Femur_Neck Femur_Shaft FemoralHead
    Femur_Joint Fibula Foley Foot Fossa_Jugular Fossa_Posterior Fossa_Pituitary Gallbladder Genitals Glnd
    Glnd_Adrenal Glnd_Lacrimal Glnd_Parathyroid Glnd_Pituitary Glnd_Salivary Glnd_Sublingual Glnd_Submand
    Glnd_Submandibular Glnd_Thyroid Glnd_Thymus Glottis GreatVes GrowthPlate Hair Hand Hands Hardpalate Head Heart
    Heart_LAD HeartAtrium HemiPelvis Hemisphere Hepatic Hilum Hip Hippocampus Hippocampi Humerus Humerus_Head
    Hypothalamus Ileum Ilium Implant IAC InternalAudCanal Iris Jejunum Joint Joint_Elbow Joint_Glenohum Joint_Hip
    Joint_Knee Joint_Sacroiliac Joint_Shoulder Joint_Surface Joint_TM Kidney Kidney_Cortex Kidney_Hilum Kidney_Pelvis
    Kidneys Knee Labia Lacrimal Larynx Larynx_SG Laryngl_Pharynx Leads Leg Lens Ligament Lip Lips Lips_Lower Lips_Upper
    Liver Liver_CTV LN LNs LN_Ax LN_Ax_Apical LN_Ax_Central LN_Ax_Lateral LN_Ax_Pectoral LN_Ax_Subscap LN_Brachioceph
    LN_Diaphragmatic LN_Iliac LN_IMN LN_Inguinofem LN_Intercostal LN_Ligamentarter LN_Mediastinals LN_Neck LN_Obturator
    LN_Paraaortic LN_Paramammary LN_Parasternal LN_Pelvic LN_Portahepatis LN_Presacral LN_Pulmonary LN_Sclav
    LN_Supmammary LN_Trachea Lobe_Frontal Lobe_Occipital Lobe_Parietal Lobe_Temporal Lung Lung_LLL Lung_LUL Lung_RLL
    Lung_RML Lung_RUL Lungs Malleus Mandible Markers Maxilla Mediastinum Mouth Mucosa_Buccal Mucosa_Oral Musc
    Musc_Constrict Musc_Constrict_I Musc_Constrict_M Musc_Constrict_S Musc_Digastric Musc_Iliopsoas Musc_Masseter
    Musc_Platysma Musc_Pterygoid Musc_Sclmast Musc_Temporal Muscle Myocardium Nasopharynx Nasal Nasalconcha
    NasolacrimalDuct Neck Nerve Nose Nose_Bridge Nrv_Peripheral Nrv_Root Nrv_Optic Nrv_Pudendal OpticChiasm OpticNrv
    OpticTract OralCavity Orbit Oropharynx Ovary Ovaries Pacemaker Palate_Hard Palate_Soft PancJejuno Pancreas
    Pancreas_Head Pancreas_Tail Parametrium Parotid Parotids Patella Pelvis PenileBulb Penis Pericardium Perineum
    Peritoneum Pharynx Pineal Pituitary Placenta Plexus_Brachial Plexus_Lumbosacral Pons Postop Proc_Condyloid
    Proc_Coronoid Prostate ProstateBed Prosthesis PubicSymphys Pylorus Pyloris Radius Rectal Rectum Rectum_A Rectum_P
    RectalWall Retina Retinas Retroperitoneum Rib Ribs Sacrum SacralPlex Scalp Scapula Scar Sclera Scrotum SeminalVes
    SeminalVes_Dist SeminalVes_Prox Sigmoid Sinus Sinus_Ethmoid Sinus_Frontal Sinus_Maxilla Sinus_Maxillary
    Sinus_Sphenoid Skeleton Skin Skin_Perineum Skull Spc_Bowel Spc_Bowel_Small Spc_Retrophar Spc_Retrophar_L
    Spc_Retrosty Spc_Supraclav SpinalCanal SpinalCord SpinalCord_Cerv SpinalCord_Lum SpinalCord_Sac SpinalCord_Thor
    Spleen Spleen_Hilum Stomach Strct Strct_Suprapatel SurgicalBed Sternum Supraglottis Sys_Ventricular Talus Tarsus
    TemporalLobe Tendon Tendon_Quad Testis Testes Thalamus Thymus Thyroid Tibia Tongue Tongue_All Tongue_Base
    Tongue_Oral Tonsil Tooth Teeth Trachea Trachea_NAdj Treatment Trunk Turbinate Ureter Ureters UreterDivert Urethra
    Urethra_Prostatc Urethra_Upper Uterus UteroCervix V_Azygos V_Brachioceph V_CVC V_Iliac V_Jugular V_Portal
    V_Pulmonary V_Renal V_Subclavian V_Subclavicular V_SVC V_IVC V_VenaCava_I V_VenaCava_S Vagina Vagina_Surf
    VaginalCuff Valve Valve_Aortic Valve_Mitral Valve_Pulmonic Valve_Tricuspid VB VB_C VB_L VB_S VB_T VBs Ventricle
    Vitreous Vomer Vulva Wall_Vagina Wrist
"""
# Beside a structure's own name (principles 2 to 15): targets, margins, places and numbers of lymph node levels.
_QUALIFIERS = """
    GTV CTV ITV IGTV ICTV PTV PRV OAR ROI NAdj Dist Prox Ant Post Sup Inf Med Lat Ext Int Eval Opt Ring High Mid Low
    Boost Left Right Both II III IV VI VII VIII IX XI XII
"""

STRUCTURES = tuple(_STRUCTURES.split())
QUALIFIERS = tuple(_QUALIFIERS.split())
