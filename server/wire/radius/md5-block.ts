/**
 * MD5 of one block (RFC 1321 §3.4), each step written out: a loop over tables takes four times as long, and this runs nine times for a
 * request. A step is `p = q + rotate(p + f(q, r, s) + word + whole part of 2³² · |sin|)`, its names turning by one each time.
 */

/** The state after some blocks; `block` goes on from there. */
export interface Md5State {
  a: number;
  b: number;
  c: number;
  d: number;
}

/** Four octets, the least significant first: whoever asks has a whole block. */
const wordAt = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);

export function md5Block(state: Md5State, bytes: Uint8Array, at: number): void {
  const w0 = wordAt(bytes, at);
  const w1 = wordAt(bytes, at + 4);
  const w2 = wordAt(bytes, at + 8);
  const w3 = wordAt(bytes, at + 12);
  const w4 = wordAt(bytes, at + 16);
  const w5 = wordAt(bytes, at + 20);
  const w6 = wordAt(bytes, at + 24);
  const w7 = wordAt(bytes, at + 28);
  const w8 = wordAt(bytes, at + 32);
  const w9 = wordAt(bytes, at + 36);
  const w10 = wordAt(bytes, at + 40);
  const w11 = wordAt(bytes, at + 44);
  const w12 = wordAt(bytes, at + 48);
  const w13 = wordAt(bytes, at + 52);
  const w14 = wordAt(bytes, at + 56);
  const w15 = wordAt(bytes, at + 60);
  let p = state.a;
  let q = state.b;
  let r = state.c;
  let s = state.d;
  let t = 0;
  // Round 1.
  t = (p + ((q & r) | (~q & s)) + w0 - 680876936) | 0;
  p = (((t << 7) | (t >>> 25)) + q) | 0;
  t = (s + ((p & q) | (~p & r)) + w1 - 389564586) | 0;
  s = (((t << 12) | (t >>> 20)) + p) | 0;
  t = (r + ((s & p) | (~s & q)) + w2 + 606105819) | 0;
  r = (((t << 17) | (t >>> 15)) + s) | 0;
  t = (q + ((r & s) | (~r & p)) + w3 - 1044525330) | 0;
  q = (((t << 22) | (t >>> 10)) + r) | 0;
  t = (p + ((q & r) | (~q & s)) + w4 - 176418897) | 0;
  p = (((t << 7) | (t >>> 25)) + q) | 0;
  t = (s + ((p & q) | (~p & r)) + w5 + 1200080426) | 0;
  s = (((t << 12) | (t >>> 20)) + p) | 0;
  t = (r + ((s & p) | (~s & q)) + w6 - 1473231341) | 0;
  r = (((t << 17) | (t >>> 15)) + s) | 0;
  t = (q + ((r & s) | (~r & p)) + w7 - 45705983) | 0;
  q = (((t << 22) | (t >>> 10)) + r) | 0;
  t = (p + ((q & r) | (~q & s)) + w8 + 1770035416) | 0;
  p = (((t << 7) | (t >>> 25)) + q) | 0;
  t = (s + ((p & q) | (~p & r)) + w9 - 1958414417) | 0;
  s = (((t << 12) | (t >>> 20)) + p) | 0;
  t = (r + ((s & p) | (~s & q)) + w10 - 42063) | 0;
  r = (((t << 17) | (t >>> 15)) + s) | 0;
  t = (q + ((r & s) | (~r & p)) + w11 - 1990404162) | 0;
  q = (((t << 22) | (t >>> 10)) + r) | 0;
  t = (p + ((q & r) | (~q & s)) + w12 + 1804603682) | 0;
  p = (((t << 7) | (t >>> 25)) + q) | 0;
  t = (s + ((p & q) | (~p & r)) + w13 - 40341101) | 0;
  s = (((t << 12) | (t >>> 20)) + p) | 0;
  t = (r + ((s & p) | (~s & q)) + w14 - 1502002290) | 0;
  r = (((t << 17) | (t >>> 15)) + s) | 0;
  t = (q + ((r & s) | (~r & p)) + w15 + 1236535329) | 0;
  q = (((t << 22) | (t >>> 10)) + r) | 0;
  // Round 2.
  t = (p + ((s & q) | (~s & r)) + w1 - 165796510) | 0;
  p = (((t << 5) | (t >>> 27)) + q) | 0;
  t = (s + ((r & p) | (~r & q)) + w6 - 1069501632) | 0;
  s = (((t << 9) | (t >>> 23)) + p) | 0;
  t = (r + ((q & s) | (~q & p)) + w11 + 643717713) | 0;
  r = (((t << 14) | (t >>> 18)) + s) | 0;
  t = (q + ((p & r) | (~p & s)) + w0 - 373897302) | 0;
  q = (((t << 20) | (t >>> 12)) + r) | 0;
  t = (p + ((s & q) | (~s & r)) + w5 - 701558691) | 0;
  p = (((t << 5) | (t >>> 27)) + q) | 0;
  t = (s + ((r & p) | (~r & q)) + w10 + 38016083) | 0;
  s = (((t << 9) | (t >>> 23)) + p) | 0;
  t = (r + ((q & s) | (~q & p)) + w15 - 660478335) | 0;
  r = (((t << 14) | (t >>> 18)) + s) | 0;
  t = (q + ((p & r) | (~p & s)) + w4 - 405537848) | 0;
  q = (((t << 20) | (t >>> 12)) + r) | 0;
  t = (p + ((s & q) | (~s & r)) + w9 + 568446438) | 0;
  p = (((t << 5) | (t >>> 27)) + q) | 0;
  t = (s + ((r & p) | (~r & q)) + w14 - 1019803690) | 0;
  s = (((t << 9) | (t >>> 23)) + p) | 0;
  t = (r + ((q & s) | (~q & p)) + w3 - 187363961) | 0;
  r = (((t << 14) | (t >>> 18)) + s) | 0;
  t = (q + ((p & r) | (~p & s)) + w8 + 1163531501) | 0;
  q = (((t << 20) | (t >>> 12)) + r) | 0;
  t = (p + ((s & q) | (~s & r)) + w13 - 1444681467) | 0;
  p = (((t << 5) | (t >>> 27)) + q) | 0;
  t = (s + ((r & p) | (~r & q)) + w2 - 51403784) | 0;
  s = (((t << 9) | (t >>> 23)) + p) | 0;
  t = (r + ((q & s) | (~q & p)) + w7 + 1735328473) | 0;
  r = (((t << 14) | (t >>> 18)) + s) | 0;
  t = (q + ((p & r) | (~p & s)) + w12 - 1926607734) | 0;
  q = (((t << 20) | (t >>> 12)) + r) | 0;
  // Round 3.
  t = (p + (q ^ r ^ s) + w5 - 378558) | 0;
  p = (((t << 4) | (t >>> 28)) + q) | 0;
  t = (s + (p ^ q ^ r) + w8 - 2022574463) | 0;
  s = (((t << 11) | (t >>> 21)) + p) | 0;
  t = (r + (s ^ p ^ q) + w11 + 1839030562) | 0;
  r = (((t << 16) | (t >>> 16)) + s) | 0;
  t = (q + (r ^ s ^ p) + w14 - 35309556) | 0;
  q = (((t << 23) | (t >>> 9)) + r) | 0;
  t = (p + (q ^ r ^ s) + w1 - 1530992060) | 0;
  p = (((t << 4) | (t >>> 28)) + q) | 0;
  t = (s + (p ^ q ^ r) + w4 + 1272893353) | 0;
  s = (((t << 11) | (t >>> 21)) + p) | 0;
  t = (r + (s ^ p ^ q) + w7 - 155497632) | 0;
  r = (((t << 16) | (t >>> 16)) + s) | 0;
  t = (q + (r ^ s ^ p) + w10 - 1094730640) | 0;
  q = (((t << 23) | (t >>> 9)) + r) | 0;
  t = (p + (q ^ r ^ s) + w13 + 681279174) | 0;
  p = (((t << 4) | (t >>> 28)) + q) | 0;
  t = (s + (p ^ q ^ r) + w0 - 358537222) | 0;
  s = (((t << 11) | (t >>> 21)) + p) | 0;
  t = (r + (s ^ p ^ q) + w3 - 722521979) | 0;
  r = (((t << 16) | (t >>> 16)) + s) | 0;
  t = (q + (r ^ s ^ p) + w6 + 76029189) | 0;
  q = (((t << 23) | (t >>> 9)) + r) | 0;
  t = (p + (q ^ r ^ s) + w9 - 640364487) | 0;
  p = (((t << 4) | (t >>> 28)) + q) | 0;
  t = (s + (p ^ q ^ r) + w12 - 421815835) | 0;
  s = (((t << 11) | (t >>> 21)) + p) | 0;
  t = (r + (s ^ p ^ q) + w15 + 530742520) | 0;
  r = (((t << 16) | (t >>> 16)) + s) | 0;
  t = (q + (r ^ s ^ p) + w2 - 995338651) | 0;
  q = (((t << 23) | (t >>> 9)) + r) | 0;
  // Round 4.
  t = (p + (r ^ (q | ~s)) + w0 - 198630844) | 0;
  p = (((t << 6) | (t >>> 26)) + q) | 0;
  t = (s + (q ^ (p | ~r)) + w7 + 1126891415) | 0;
  s = (((t << 10) | (t >>> 22)) + p) | 0;
  t = (r + (p ^ (s | ~q)) + w14 - 1416354905) | 0;
  r = (((t << 15) | (t >>> 17)) + s) | 0;
  t = (q + (s ^ (r | ~p)) + w5 - 57434055) | 0;
  q = (((t << 21) | (t >>> 11)) + r) | 0;
  t = (p + (r ^ (q | ~s)) + w12 + 1700485571) | 0;
  p = (((t << 6) | (t >>> 26)) + q) | 0;
  t = (s + (q ^ (p | ~r)) + w3 - 1894986606) | 0;
  s = (((t << 10) | (t >>> 22)) + p) | 0;
  t = (r + (p ^ (s | ~q)) + w10 - 1051523) | 0;
  r = (((t << 15) | (t >>> 17)) + s) | 0;
  t = (q + (s ^ (r | ~p)) + w1 - 2054922799) | 0;
  q = (((t << 21) | (t >>> 11)) + r) | 0;
  t = (p + (r ^ (q | ~s)) + w8 + 1873313359) | 0;
  p = (((t << 6) | (t >>> 26)) + q) | 0;
  t = (s + (q ^ (p | ~r)) + w15 - 30611744) | 0;
  s = (((t << 10) | (t >>> 22)) + p) | 0;
  t = (r + (p ^ (s | ~q)) + w6 - 1560198380) | 0;
  r = (((t << 15) | (t >>> 17)) + s) | 0;
  t = (q + (s ^ (r | ~p)) + w13 + 1309151649) | 0;
  q = (((t << 21) | (t >>> 11)) + r) | 0;
  t = (p + (r ^ (q | ~s)) + w4 - 145523070) | 0;
  p = (((t << 6) | (t >>> 26)) + q) | 0;
  t = (s + (q ^ (p | ~r)) + w11 - 1120210379) | 0;
  s = (((t << 10) | (t >>> 22)) + p) | 0;
  t = (r + (p ^ (s | ~q)) + w2 + 718787259) | 0;
  r = (((t << 15) | (t >>> 17)) + s) | 0;
  t = (q + (s ^ (r | ~p)) + w9 - 343485551) | 0;
  q = (((t << 21) | (t >>> 11)) + r) | 0;
  state.a = (state.a + p) | 0;
  state.b = (state.b + q) | 0;
  state.c = (state.c + r) | 0;
  state.d = (state.d + s) | 0;
}
