/** What items of lists begin with in set text. */

const bullet = /^[•‣◦▪▸●○■□–—∙·*✓➢-]\s/u;
const number = /^(?:\(?(?:\d{1,3}|[a-z]|[ivx]{1,4})[.)]|\[\d{1,3}\]|\d{1,2}(?:\.\d{1,2})+)\s/u;

export function hasBullet(text: string): boolean {
  return bullet.test(text);
}

/** Also of headings. A wrapped line may begin with a number that ends a sentence, so this alone makes no item. */
export function hasNumber(text: string): boolean {
  return number.test(text);
}
