// Defined terms of Specific Character Set to the names of the browser's decoders. DICOM PS3.3 C.12.1.1.2.
const ENCODINGS: Readonly<Record<string, string>> = {
  "": "latin1",
  "ISO_IR 6": "latin1",
  "ISO_IR 100": "latin1",
  "ISO_IR 101": "iso-8859-2",
  "ISO_IR 109": "iso-8859-3",
  "ISO_IR 110": "iso-8859-4",
  "ISO_IR 144": "iso-8859-5",
  "ISO_IR 127": "iso-8859-6",
  "ISO_IR 126": "iso-8859-7",
  "ISO_IR 138": "iso-8859-8",
  "ISO_IR 148": "iso-8859-9",
  "ISO_IR 203": "iso-8859-15",
  "ISO_IR 166": "windows-874",
  "ISO_IR 13": "shift_jis",
  "ISO_IR 192": "utf-8",
  GB18030: "gb18030",
  GBK: "gbk",
  "ISO 2022 IR 87": "iso-2022-jp",
  "ISO 2022 IR 159": "iso-2022-jp",
  "ISO 2022 IR 149": "euc-kr",
  "ISO 2022 IR 58": "gb18030",
};

/** What turns the bytes of a name into text, by the Specific Character Set of the object. */
export function decoderOf(characterSet: string): (bytes: Uint8Array) => string {
  const terms = characterSet.split("\\").map((term) => term.trim());
  const [first = ""] = terms;
  // With code extensions the later terms say what is switched to; the browser's decoders know the switches themselves.
  const term = terms.slice(1).find((one) => one in ENCODINGS && one.startsWith("ISO 2022")) ?? first;
  const decoder = new TextDecoder(ENCODINGS[term] ?? ENCODINGS[term.replace("ISO 2022 IR", "ISO_IR")] ?? "latin1");
  return (bytes) => decoder.decode(bytes).replace(/\x1b[$()-][A-Z@]?[A-Z@]?/g, "");
}
