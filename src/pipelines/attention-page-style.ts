/** How the page of attention looks (attention-page.ts), and the little that it does. Classes and ids are that file's. */

/** `--w` of a sentence is its weight, 0 to 1, under the choice of the moment. */
export const pageStyle = `
:root { color-scheme: light dark; --ink: #1c1c1a; --soft: #63625e; --line: #dddcd6; --page: #fbfbf9; --side: #f3f2ed; --link: #1d5bbf; --tint: #ffb43c; }
@media (prefers-color-scheme: dark) { :root { --ink: #ecebe7; --soft: #a9a8a2; --line: #3a3a37; --page: #191918; --side: #222220; --link: #8fb8ff; --tint: #8f5600; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
main { display: grid; height: 100vh; height: 100dvh; grid-template: minmax(0, 9fr) minmax(0, 11fr) / minmax(0, 1fr); }
section { overflow-y: auto; padding: 16px; }
.summary { background: var(--side); border-bottom: 1px solid var(--line); }
h1 { font-size: 20px; line-height: 1.3; margin: 0 0 12px; }
.choice { display: grid; grid-template-columns: 22px minmax(0, 1fr); padding: 5px 6px; border-radius: 6px; }
.choice:has(:checked) { background: var(--page); box-shadow: 0 0 0 1px var(--line); }
.choice input { align-self: start; width: 14px; height: 14px; margin: 5px 0 0; accent-color: var(--link); }
label { cursor: pointer; }
.choice ul { display: none; grid-column: 2; flex-wrap: wrap; gap: 0 16px; margin: 2px 0 0; padding: 0; list-style: none; color: var(--soft); font-size: 13px; }
.choice :checked ~ ul { display: flex; }
a { color: var(--link); }
aside { margin-top: 20px; color: var(--soft); font-size: 13px; } aside p { margin: 0 0 8px; }
.scale { display: flex; align-items: center; gap: 8px; } .ramp { flex: none; width: 96px; height: 12px; border-radius: 3px; background: linear-gradient(to right, transparent, var(--tint)); border: 1px solid var(--line); }
.line { position: relative; max-width: 48em; min-height: 1.55em; padding-left: 52px; white-space: pre-wrap; }
.line::before { content: attr(data-line); position: absolute; left: 0; width: 40px; text-align: right; color: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums; }
.s { --w: 0; border-radius: 3px; background: color-mix(in srgb, var(--tint) calc(var(--w) * 100%), transparent); box-decoration-break: clone; -webkit-box-decoration-break: clone; }
.s:target { outline: 2px solid var(--link); outline-offset: 1px; }
.unread { padding-left: 52px; color: var(--soft); }
:focus-visible { outline: 2px solid var(--link); outline-offset: -2px; }
@media (min-width: 860px) { main { grid-template: minmax(0, 1fr) / minmax(280px, 2fr) minmax(0, 3fr); } .summary { border-bottom: 0; border-right: 1px solid var(--line); } section { padding: 24px; } }
@media print { main { display: block; height: auto; } }
`;

export const pageScript = `
addEventListener("change", ({ target }) => {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const strongest = document.getElementById(target.dataset.strongest);
  strongest?.scrollIntoView({ block: "center", behavior: still ? "auto" : "smooth" });
});
`;
