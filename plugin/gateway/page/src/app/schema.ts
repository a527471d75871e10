// What the API takes and answers. Written by `python -m tests.page_types` from openapi.json.

export type Action = "kept" | "replaced" | "emptied" | "removed";

export interface AlertAnswer {
  Alert: string;
  Since: string;
  EvidenceCode: string | null;
  Reason: string | null;
  Message: string;
}

export interface AlgorithmAnswer {
  Version: string;
  Digest: string;
  Sides?: string;
}

export interface ArrivingList {
  Total: number;
  Series: readonly ArrivingSeriesAnswer[];
}

export interface ArrivingSeriesAnswer {
  Series: string;
  Slices: number | null;
  Arrived: string;
  Why: ArrivingWhy;
}

export interface ArrivingWhy {
  Code: string;
  Message: string;
  Until: string | null;
}

export interface BrokenAnswer {
  Sequence: number;
  Change: string;
  File: string;
  Line: number;
  Why: string;
  Gateway?: string | null;
}

export interface BrokenRecordAnswer {
  Sequence: number;
  Change: string;
  Gateway?: string | null;
}

export interface CandidateAnswer {
  Series: string;
  Chosen: boolean;
  InsteadOf: string | null;
  LostBy: string | null;
  Reason: string;
  State: "whole" | "announced" | "refused";
  Image: "plain" | "derived" | "average" | "calculated" | "reformat" | "projection";
  Orientation: string | null;
  ThicknessMm: number | null;
  Kernel: "soft" | "sharp" | null;
  Contrast: boolean | null;
  ExtentMm: number | null;
  Slices: number;
}

export interface CertificateBody {
  Certificate: number;
  Issued: string;
  EvidenceCode: string;
  State: "open" | "closed";
  Outcome: string | null;
  Received: FactsAnswer | null;
  Decision: FactsAnswer | null;
  Pseudonymisation: FactsAnswer | null;
  Checks: FactsAnswer | null;
  Sent: FactsAnswer | null;
  Recipient: Recipient | null;
  Receipts: readonly EventAnswer[];
  Result: FactsAnswer | null;
  Restored: FactsAnswer | null;
  Stored: FactsAnswer | null;
  Delivered: readonly FactsAnswer[];
  Assessed: readonly FactsAnswer[];
  Failure: FactsAnswer | null;
  Deletions: readonly DeletionAnswer[];
  KeyDestroyed: FactsAnswer | null;
  Missing: readonly Event[];
  Versions: Readonly<Record<string, string>>;
  Statements: readonly string[];
  Times: readonly StepAnswer[];
  Gateways?: readonly PartAnswer[];
  ChainHead: HeadAnswer | null;
  Records: readonly SignedRecord[];
}

export interface CertificateDocument {
  kind: "autocontour certificate";
  key: string;
  body: CertificateBody;
}

export interface ChainAnswer {
  FirstRecord: number | null;
  LastRecord: number | null;
  HeadAtEndOfMonth: string | null;
  HeadAtIssue: HeadAnswer;
  SignedHead: string | null;
  Verified: boolean;
  RecordsVerified: number;
  FirstBrokenRecord: BrokenRecordAnswer | null;
  Keys: readonly string[];
  Remarks: readonly string[];
}

export interface ChartAnswer {
  Structure: string;
  Model: string;
  Target: string;
  Scanner: string | null;
  Value: string;
  Segments: readonly ChartSegment[];
}

export interface ChartChange {
  Kind: "shift" | "drift";
  Direction: "more" | "less";
  Since: string;
  Over: string | null;
  Job: string;
}

export interface ChartLimits {
  Centre: number;
  Lower: number;
  Upper: number;
}

export interface ChartList {
  Alerts: readonly QualityAlertAnswer[];
  Charts: readonly ChartAnswer[];
  Scanners: readonly string[];
}

export interface ChartMonth {
  Month: string;
  Untouched: number;
  Edited: number;
  Deleted: number;
  NotComparable: number;
  Median: number | null;
  Score: number | null;
  Limit: number | null;
  Beyond: boolean;
}

export interface ChartOutlier {
  At: string;
  Value: number;
  Job: string;
}

export interface ChartPoint {
  At: string;
  Value: number;
  Job: string;
  Edited: boolean;
  Rules: readonly number[];
}

export interface ChartSegment {
  ModelDigest: string;
  Since: string | null;
  Comparisons: number;
  Baseline: number;
  Provisional: boolean;
  Commissioned: boolean;
  Limits: ChartLimits | null;
  Median: number | null;
  Verdicts: Readonly<Record<string, number>>;
  Months: readonly ChartMonth[];
  Changes: readonly ChartChange[];
  Outliers: readonly ChartOutlier[];
  Points: readonly ChartPoint[] | null;
}

export interface CommonSlicesAnswer {
  Slices: number;
  Dice: number;
  HausdorffMm: number;
  Hausdorff95Mm: number;
  MeanSurfaceDistanceMm: number;
  SurfaceDice: number;
  SideMm: number;
}

export interface ComparedRoi {
  Verdict: "untouched" | "edited" | "deleted" | "added" | "not comparable";
  Code: string | null;
  Reason: string | null;
  Volume: number | null;
  OtherVolume: number | null;
  Dice: number | null;
  HausdorffMm: number | null;
  Hausdorff95Mm: number | null;
  MeanSurfaceDistanceMm: number | null;
  SurfaceDice: number | null;
  ToleranceMm: number | null;
  AddedPathLengthMm: number | null;
  SideMm: number | null;
  CentroidShiftMm: readonly number[] | null;
  SlicesEdited: number | null;
  SlicesMissing: number | null;
  SlicesCut: number | null;
  CommonSlices: CommonSlicesAnswer | null;
  Name: string | null;
  OtherName: string | null;
}

export interface ComparedVersion {
  Instance: string;
  State: "waiting" | "compared" | "refused";
  Code: string | null;
  Link: "predecessor" | "series" | "frame";
  Late: boolean;
  Approval: "APPROVED" | "UNAPPROVED";
  Reviewed: string | null;
  Arrived: string;
  Effective: boolean;
  Added: number;
}

export interface ComparisonAnswer {
  Pattern?: string | null;
  Min?: number | string | null;
  Max?: number | string | null;
  Exists?: boolean | null;
}

export interface ConditionAnswer {
  Fact: string;
  Expected: string | number | boolean | readonly (string | number | boolean)[] | ComparisonAnswer | null;
  Found: string | number | boolean | readonly (string | number | boolean)[] | null;
  Matched: boolean;
}

export interface ControllerAnswer {
  Controller: Party | null;
  Representative: Party | null;
  DataProtectionOfficer: Party | null;
  Purposes: readonly string[];
  LegalBasis: readonly string[];
  DataSubjects: readonly string[];
}

export interface DayAnswer {
  Day: number;
  Done: number;
  Refused: number;
  Failed: number;
}

export interface DecisionAnswer {
  Rule: string;
  Model: string;
  Target: string;
  Priority: string;
  Structures: string | null;
  Outputs: readonly string[];
  Hours: string | null;
  Pick?: Readonly<Record<string, string | number>> | string | null;
  Each?: boolean;
  Deliver?: readonly string[];
  RequireCommissioned?: boolean;
  OutOfRange?: string | null;
  SecondModel?: SecondModelAnswer | null;
  OnePerStudy?: OnePerStudyAnswer | null;
}

export interface DeletionAnswer {
  Where: string;
  Files?: number | null;
  Left?: number | null;
  Time: string;
  How: string;
}

export interface DeliveredAnswer {
  Destination: string;
  State: DeliveryState;
  Proof: Proof | null;
  Status: string | null;
  At: string;
  Tries: number;
}

export type DeliveryState = "waiting" | "delivered" | "sent" | "refused";

export interface DiskAnswer {
  Free: number;
  Total: number;
}

export interface ErasedAnswer {
  Series: number;
  Jobs: number;
  Rows: number;
  Files: number;
  Left: number;
  OrthancCopies: number;
  DeliveredTo: readonly string[];
}

export type Event = "RECEIVED" | "MATCHED" | "EXCLUDED" | "DEIDENTIFIED" | "SELF_CHECKED" | "SENT" | "REMOTE_ATTESTED" | "REMOTE_VERIFIED" | "REMOTE_REJECTED" | "RESULT_RECEIVED" | "REIDENTIFIED" | "STORED" | "FAILED" | "LOCAL_DELETED" | "REMOTE_DELETED" | "KEY_DESTROYED" | "CLOSED" | "TAKEN_OVER" | "HANDED_OVER" | "DELIVERED" | "CONSTANCY_BASELINE" | "CONSTANCY_PASSED" | "CONSTANCY_FAILED" | "ASSESSED" | "COMMISSIONED" | "TRANSFER_OPENED" | "TRANSFER_VERIFIED" | "TRANSFER_REJECTED" | "TRANSFER_PROCESSED" | "TRANSFER_DELETED" | "SWEPT" | "CONFIG_CHANGED" | "REPORT_ISSUED" | "DOSSIER_ISSUED" | "SUPPORT_ISSUED" | "ALERT_RAISED" | "ALERT_CLEARED" | "SUBJECT_ASKED" | "SUBJECT_ERASED" | "SUBJECT_RECTIFIED" | "OBJECTION_SET" | "OBJECTION_WITHDRAWN" | "HEAD_ANCHORED" | "PEER_HEAD" | "GROUP_JOINED" | "CHAIN_STARTED" | "CHAIN_REPAIRED" | "MONTH_CLOSED" | "MONTH_RETIRED" | "KEY_ROTATED";

export interface EventAnswer {
  Time: string;
  Event: Event;
}

export interface ExplanationAnswer {
  Outcome: "contour" | "excluded" | "none" | "error";
  Decisions: readonly DecisionAnswer[];
  Reason: string;
  Rules: readonly RuleAnswer[];
  OnePerStudy?: readonly StudyChoiceAnswer[] | null;
  Volumes?: readonly VolumeAnswer[] | null;
}

export interface ExportAnswer {
  Format: number;
  Exported: string;
  ObjectionSince: string | null;
  Series: number;
  Jobs: readonly SubjectJob[];
  Objection: boolean;
  Summary: string;
  Held: readonly string[];
  Rights: readonly string[];
  Exports: readonly ExportedJob[];
}

export interface ExportedJob {
  Held: JobAnswer | null;
  Comparisons: readonly HeldComparison[];
  Certificate: SignedCertificate | null;
}

export interface FactsAnswer {
  Time: string;
}

export interface FindRequest {
  Series?: readonly string[] | null;
  Studies?: readonly string[] | null;
  State?: readonly State[] | null;
  Model?: readonly string[] | null;
  Target?: readonly string[] | null;
  Rule?: readonly string[] | null;
  Since?: string | null;
  Until?: string | null;
  Flagged?: boolean | null;
  Cursor?: string;
  Limit?: number;
  Counts?: boolean;
}

export interface FoldedAnswer {
  Distinct: number;
  Instances: number;
  First: readonly string[];
}

export interface FoundCounts {
  Total: number;
  State: Readonly<Record<string, number>>;
  Model: Readonly<Record<string, number>>;
  Target: Readonly<Record<string, number>>;
  Rule: Readonly<Record<string, number>>;
  Flagged: number;
}

export interface FoundJobs {
  Jobs: readonly JobRowAnswer[];
  Next: string | null;
  Counts?: FoundCounts | null;
}

export interface GatewayOfGroup {
  Id: string;
  Host: string;
  Version: string;
  This: boolean;
  Leads: boolean;
  Jobs: number;
  Healthy: boolean;
  Reasons: readonly string[];
}

export interface HeadAnswer {
  Sequence: number;
  Digest: string;
}

export interface HeldComparison {
  Month: string;
  Approved: boolean;
  Structure: string | null;
  Verdict: "untouched" | "edited" | "deleted" | "added" | "not comparable";
  Numbers: Readonly<Record<string, number | readonly number[] | Readonly<Record<string, number>>>>;
}

export interface JobAnswer {
  ID: string;
  Series: string;
  Study: string;
  Rule: string | null;
  Model: string;
  Target: string;
  Volume?: string | null;
  Priority: string;
  State: State;
  Stage: Stage;
  Progress: number;
  Created: string;
  Updated: string;
  Attempt: number;
  Instances: number;
  Rtstruct: string | null;
  Rois: readonly RoiAnswer[];
  NotDrawn: readonly NotDrawnAnswer[];
  LeftOut: readonly LeftOutAnswer[];
  Algorithm: AlgorithmAnswer | null;
  Segmentation: string | null;
  Face?: string | null;
  EvidenceCode: string | null;
  Error: JobErrorAnswer | null;
  Findings: Readonly<Record<string, number>>;
  Warnings: readonly string[];
  Delivered?: readonly DeliveredAnswer[];
  Quality?: JobQualityAnswer | null;
  Timings: Readonly<Record<string, number>>;
  Explanation?: ExplanationAnswer | null;
  OnePerStudy?: JobChoiceAnswer | null;
  Doing?: string | null;
  Others?: readonly string[] | null;
  Waiting?: string | null;
}

export interface JobChoiceAnswer {
  Chosen: string;
  Reason: string;
  Candidates: readonly CandidateAnswer[];
}

export interface JobComparisonAnswer {
  Series: string;
  Job: string;
  Reference: string | null;
  Other: string | null;
  Link: "predecessor" | "series" | "frame" | null;
  Approval: "APPROVED" | "UNAPPROVED" | null;
  Rois: readonly ComparedRoi[];
  Warnings: readonly string[];
  Versions: readonly ComparedVersion[];
}

export interface JobErrorAnswer {
  Code: string;
  Message: string;
  Again?: string | null;
  WayOut?: string | null;
}

export interface JobQualityAnswer {
  Versions: number;
  Waiting: number;
  Counting: string | null;
  Approval: "APPROVED" | "UNAPPROVED" | null;
  Verdicts: Readonly<Record<string, number>>;
}

export interface JobRowAnswer {
  ID: string;
  Series: string;
  Study: string;
  Rule: string | null;
  Model: string;
  Target: string;
  Priority: string;
  State: State;
  Stage: Stage;
  Progress: number;
  Created: string;
  Updated: string;
  Attempt: number;
  Instances: number;
  Rtstruct: string | null;
  EvidenceCode: string | null;
  Flagged: number;
  Error: RowErrorAnswer | null;
  Doing?: string | null;
  Why?: WhyAnswer | null;
}

export interface LeftOutAnswer {
  Instance: string;
  Frame?: number | null;
  Reason: string;
}

export interface NotDrawnAnswer {
  Label: string;
  Reason: string;
}

export interface NowAnswer {
  Version: string;
  Health: NowHealth;
  Counts: Readonly<Record<string, number>>;
  Arriving: ArrivingList;
  Waiting: RowList;
  Running: RowList;
  Ended: RowList;
  Refused: RowList;
  Targets: readonly NowTarget[];
  Gateways: readonly GatewayOfGroup[];
}

export interface NowHealth {
  Status: "ok" | "unavailable";
  Reasons: readonly string[];
  Warnings: readonly string[];
  Alerts: readonly AlertAnswer[];
  Disk: DiskAnswer;
}

export interface NowTarget {
  Name: string;
  Type: string;
  State: "ready" | "paused" | "backing-off";
  Reason: string | null;
  NextTry: string | null;
  Running: number;
  Waiting: number;
  Limit: number;
}

export interface ObjectionAnswer {
  Objection: boolean;
  Series: number;
  Jobs: number;
  CancelledJobs: number;
  RecalledTransfers: number;
  StoppedDeliveries: number;
  DeliveredTo: readonly string[];
}

export interface OnePerStudyAnswer {
  Thickness: number | "thinnest";
  AtLeast?: number | null;
  Orientation: string;
  Kernel: "soft" | "sharp" | "any";
  Contrast?: boolean | null;
  Per: readonly string[];
  QuietSeconds: number;
}

export interface OpenItemAnswer {
  EvidenceCode: string;
  Since: string;
  LastEvent: string;
  Missing: readonly string[];
}

export interface OutcomesAnswer {
  Now: Readonly<Record<string, number>>;
  Draft: Readonly<Record<string, number>>;
}

export interface OutgoingAnswer {
  Instances: number;
  Bytes: number;
  Profile: string;
  ProfileDigest: string;
  Manifest: string;
  Actions: Readonly<Record<string, number>>;
  Attributes: readonly OutgoingAttribute[];
}

export interface OutgoingAttribute {
  Tag: string;
  Keyword: string;
  VR: string;
  Action: Action;
  Before: string | FoldedAnswer | null;
  After: string | FoldedAnswer | null;
  Reason: string;
}

export interface OwnChoiceAnswer {
  Rule: string;
  Chosen: boolean;
  InsteadOf: string | null;
  LostBy: string | null;
  Reason: string;
}

export interface PartAnswer {
  Gateway: string;
  FirstRecord: number;
  LastRecord: number;
  Began: string;
  Ended: string;
  Keys: readonly string[];
  Missing: readonly Event[];
}

export interface Party {
  Name: string;
  Address?: string;
  Contact?: string;
}

export interface PeerChainAnswer {
  FirstRecord: number | null;
  LastRecord: number | null;
  HeadAtEndOfMonth: string | null;
  HeadAtIssue: HeadAnswer;
  SignedHead: string | null;
  Verified: boolean;
  RecordsVerified: number;
  FirstBrokenRecord: BrokenRecordAnswer | null;
  Keys: readonly string[];
  Remarks: readonly string[];
  Gateway: string;
}

export interface ProblemAnswer {
  Path: string;
  Found: string;
  Allowed: string;
  Nearest: string | null;
  Message: string;
}

export type Proof = "commitment" | "find" | "answer";

export interface QualityAlertAnswer {
  Alert: string;
  ID: string;
  Since: string;
  Job: string;
  Structures: readonly string[];
  Model: string;
  ModelDigest: string;
  Target: string;
  Direction: "more" | "less" | null;
  Message: string;
}

export interface QualityAlertList {
  Alerts: readonly QualityAlertAnswer[];
}

export interface QualityLine {
  Structure: string;
  Model: string;
  ModelDigest: string;
  Target: string;
  Untouched: number;
  Edited: number;
  Deleted: number;
  NotComparable: number;
  MedianAddedPathLengthMm: number | null;
  Beyond: boolean;
}

export interface QualityOfMonth {
  Structures: readonly QualityLine[];
  Alerts: readonly QualityRaised[];
}

export interface QualityRaised {
  Alert: string;
  Since: string;
  Structures: readonly string[];
  Model: string;
  ModelDigest: string;
  Target: string;
  Direction: "more" | "less" | null;
}

export interface Recipient {
  Name: string;
  Address?: string;
  Country?: string;
  Role?: "processor" | "joint controller" | "controller";
  Contract?: string;
  Safeguards?: string;
}

export interface RecordBody {
  event: Event;
  facts: Readonly<Record<string, boolean | number | string | Readonly<Record<string, number>>>>;
  format: number;
  job: string | null;
  key: string;
  previous: string;
  sequence: number;
  time: string;
}

export interface RefusalAnswer {
  EvidenceCode: string;
  Time: string;
  Event: string;
  Code: string | null;
  Findings: Readonly<Record<string, number>>;
}

export interface RefusedAnswer {
  Code: string;
  Message: string;
}

export interface ReportBody {
  Report: number;
  Month: string;
  Issued: string;
  Complete: boolean;
  Controller: ControllerAnswer;
  Recipients: readonly ReportRecipient[];
  Totals: TotalsAnswer;
  Daily: readonly DayAnswer[];
  Assessed: Readonly<Record<string, number>>;
  Abroad: readonly StayAnswer[];
  Transfers: readonly TransferAnswer[];
  Refusals: readonly RefusalAnswer[];
  Exceptions: readonly SiteEventAnswer[];
  Rights: Readonly<Record<string, number>>;
  OpenItems: readonly OpenItemAnswer[];
  Changes: readonly SiteEventAnswer[];
  Versions: Readonly<Record<string, readonly string[]>>;
  Anchors: readonly SiteEventAnswer[];
  TimeStamps: readonly TimeStampAnswer[];
  Quality: QualityOfMonth | null;
  Chain: ChainAnswer;
  Chains?: readonly PeerChainAnswer[];
}

export interface ReportDocument {
  kind: "autocontour monthly report";
  key: string;
  body: ReportBody;
}

export interface ReportRecipient {
  Name: string;
  Address?: string;
  Country?: string;
  Role?: "processor" | "joint controller" | "controller";
  Contract?: string;
  Safeguards?: string;
  Target: string;
}

export interface RoiAnswer {
  Number: number;
  Name: string;
  FullName: string;
  Volume: number;
  Flags: readonly string[];
}

export interface RowErrorAnswer {
  Code: string;
  Message: string | null;
}

export interface RowList {
  Total: number;
  Jobs: readonly JobRowAnswer[];
}

export interface RuleAnswer {
  Name: string;
  Matched: boolean;
  Conditions: readonly ConditionAnswer[];
  Error?: string | null;
}

export interface RulesAnswer {
  Rules: readonly Readonly<Record<string, unknown>>[] | null;
}

export interface SecondModelAnswer {
  Model: string;
  Dice: number;
  Hausdorff95Mm: number;
}

export interface SeriesAnswer {
  Series: string;
  Outcome: "arriving" | "contour" | "none" | "excluded" | "error" | "unreadable" | "ignored" | "imageless" | "pseudonymous" | "earlier" | "gone";
  Reason: string;
  Arrived?: string | null;
  QuietSeconds?: number | null;
  Missing?: readonly string[] | null;
  Explanation?: ExplanationAnswer | null;
  StructureSets?: readonly StructureSetAnswer[] | null;
  Jobs: readonly JobAnswer[];
}

export interface SideAnswer {
  Outcome: "contour" | "excluded" | "none" | "error";
  Reason: string;
  Decisions: readonly DecisionAnswer[];
  StructureSets: number;
  Volumes: readonly VolumeAnswer[];
  Choices: readonly OwnChoiceAnswer[];
  Rules?: readonly RuleAnswer[] | null;
}

export interface SignedCertificate {
  document: CertificateDocument;
  sha256: string;
  signature: string;
}

export interface SignedRecord {
  record: RecordBody;
  sha256: string;
  signature: string;
}

export interface SignedReport {
  document: ReportDocument;
  sha256: string;
  signature: string;
}

export interface SiteEventAnswer {
  Time: string;
  Event: Event;
  Record: number;
  EvidenceCode: string | null;
  Chain?: string | null;
}

export type Stage = "queued" | "pseudonymise" | "draw" | "store" | "erase" | "closed";

export type State = "waiting" | "running" | "done" | "excluded" | "rejected" | "failed" | "cancelled" | "superseded";

export interface StayAnswer {
  Stay: string;
  Series: number;
}

export interface StepAnswer {
  Event: Event;
  Time: string;
  Record: number;
  Gateway?: string | null;
}

export interface StructureSetAnswer {
  Instance: string;
  State: "new" | "ours" | "paired" | "open" | "refused";
  Code: string | null;
  Images: string | null;
}

export interface StructureSetsAnswer {
  Now: number;
  Draft: number;
}

export interface StudyChoiceAnswer {
  Rule: string;
  Candidates: readonly CandidateAnswer[];
}

export interface SubjectAnswer {
  PatientID?: string | null;
  Series: number;
  Jobs: readonly SubjectJob[];
  Objection: boolean;
  ObjectionSince: string | null;
  Summary: string;
  Held: readonly string[];
  Rights: readonly string[];
}

export interface SubjectJob {
  EvidenceCode: string;
  Received: string | null;
  Model: string | null;
  SentTo: string | null;
  ImagesSent: number;
  Outcome: string;
  StillHeld: boolean;
  InWords: readonly string[];
}

export interface TargetAnswer {
  Name: string;
  Paused: boolean;
  Failures: number;
  NextTry: string | null;
  Reason: string | null;
  Running: number;
  Waiting: number;
  Limit: number;
}

export interface TimeStampAnswer {
  Gateway: string | null;
  Sequence: number | null;
  Digest: string | null;
  Time: string | null;
  Authority: string | null;
  Verified: boolean | null;
  Recorded: string | null;
}

export interface TotalsAnswer {
  Jobs: number;
  Outcomes: Readonly<Record<string, number>>;
  SeriesSent: number;
  ImagesSent: number;
  BytesSent: number;
  SeriesByTarget: Readonly<Record<string, number>>;
  RemoteDeletionsByVerification: Readonly<Record<string, number>>;
  LocalDeletions: number;
  KeysDestroyed: number;
  Records: number;
}

export interface TransferAnswer {
  EvidenceCode: string;
  Received: string | null;
  Modality: string | null;
  Instances: number | null;
  Model: string | null;
  Target: string | null;
  TargetType: string | null;
  Bytes: number | null;
  Sent: string | null;
  RemoteVerified: string | null;
  Stored: string | null;
  RemoteDeleted: string | null;
  RemoteDeletionVerified: string | null;
  LocalDeleted: string | null;
  KeyDestroyed: string | null;
  Closed: string | null;
  Outcome: string;
}

export interface TriedSeriesAnswer {
  Series: string;
  Study?: string | null;
  Changes?: readonly string[] | null;
  Now?: SideAnswer | null;
  Draft?: SideAnswer | null;
  Refused?: RefusedAnswer | null;
}

export interface TryAnswer {
  Problems: readonly ProblemAnswer[];
  Without: readonly ProblemAnswer[];
  Tried: number;
  Changed: number;
  Refused: number;
  Outcomes: OutcomesAnswer;
  StructureSets: StructureSetsAnswer;
  Series: readonly TriedSeriesAnswer[];
  Remaining: readonly string[];
}

export interface VerificationAnswer {
  Valid: boolean;
  Records: number;
  Head: HeadAnswer;
  FirstBroken: BrokenAnswer | null;
  Keys: readonly string[];
  Events: Readonly<Record<string, number>>;
  Remarks: readonly string[];
  Gateway?: string | null;
  Chains?: readonly VerificationAnswer[];
}

export interface VolumeAnswer {
  Rule: string;
  Volume: string | null;
  Slices: number;
  Refused: RefusedAnswer | null;
}

export interface WhyAnswer {
  Code: string;
  Message: string;
  Until: string | null;
}

export interface WithdrawnAnswer {
  Objection: boolean;
  Withdrawn: boolean;
  Series: number;
  Jobs: number;
}
