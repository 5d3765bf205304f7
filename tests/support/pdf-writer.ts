/** Small PDFs for tests, written as text: Courier, of which every letter is 0.6 of its size wide. */

export interface PdfText {
  readonly text: string;
  /** Points from the left and from the top of a page of 600 by 800. */
  readonly x: number;
  readonly y: number;
  readonly size?: number;
  /** Degrees, counter-clockwise. */
  readonly turn?: number;
}

export interface PdfSettings {
  /** Degrees, clockwise, by which pages are shown turned. */
  readonly rotate?: number;
  /** Locks the document; no password opens it. */
  readonly locked?: boolean;
}

const height = 800;

export function pdf(
  pages: readonly (readonly PdfText[])[],
  { rotate = 0, locked = false }: PdfSettings = {},
): Uint8Array {
  const font = "<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>";
  const objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", font];
  const kids: string[] = [];
  for (const page of pages) {
    const content = page.map(drawn).join("\n");
    kids.push(`${objects.length + 1} 0 R`);
    objects.push(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 ${height}] /Rotate ${rotate} ` +
        `/Resources << /Font << /F1 3 0 R >> >> /Contents ${objects.length + 2} 0 R >>`,
      `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    );
  }
  objects[1] = `<< /Type /Pages /Kids [${kids.join(" ")}] /Count ${kids.length} >>`;
  let file = "%PDF-1.4\n";
  const places = objects.map((object, i) => {
    const place = file.length;
    file += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return place;
  });
  const rows = ["0000000000 65535 f ", ...places.map((place) => `${String(place).padStart(10, "0")} 00000 n `)];
  const key = `<${"00".repeat(32)}>`;
  const lock = `/Encrypt << /Filter /Standard /V 1 /R 2 /O ${key} /U ${key} /P -4 >> /ID [<00> <00>] `;
  const trailer = `<< /Size ${rows.length} /Root 1 0 R ${locked ? lock : ""}>>`;
  file += `xref\n0 ${rows.length}\n${rows.join("\n")}\ntrailer\n${trailer}\nstartxref\n${file.length}\n%%EOF\n`;
  return Uint8Array.from(file, (character) => character.charCodeAt(0));
}

function drawn({ text, x, y, size = 10, turn = 0 }: PdfText): string {
  const [cos, sin] = [Math.cos((turn * Math.PI) / 180), Math.sin((turn * Math.PI) / 180)].map((one) => one.toFixed(4));
  const shown = text.replaceAll(/[\\()]/g, "\\$&");
  return `BT /F1 ${size} Tf ${cos} ${sin} ${-Number(sin)} ${cos} ${x} ${height - y} Tm (${shown}) Tj ET`;
}

export interface Column {
  readonly x: number;
  readonly y: number;
  /** Letters of a line. */
  readonly width: number;
  readonly size?: number;
  /** From one baseline to the next. */
  readonly pitch?: number;
  /** Letters by which a paragraph's first line is set in. */
  readonly indent?: number;
}

/** A paragraph broken into lines, as word processors break it. */
export function column(text: string, { x, y, width, size = 10, pitch = 12, indent = 0 }: Column): PdfText[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const room = width - (lines.length === 0 ? indent : 0);
    if (line !== "" && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else line += line === "" ? word : ` ${word}`;
  }
  lines.push(line);
  return lines.map((own, i) => ({ text: own, x: x + (i === 0 ? indent * 0.6 * size : 0), y: y + i * pitch, size }));
}
