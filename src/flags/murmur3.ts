/**
 * MurmurHash3, x86, 32 bits, seed 0, over the UTF-8 bytes of a text: an unsigned integer, the same on every machine.
 * @see https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp
 */
export function murmur3(text: string): number {
  const bytes = Buffer.from(text, 'utf8')
  const tail = bytes.length % 4
  const blocksEnd = bytes.length - tail
  let hash = 0
  for (let offset = 0; offset < blocksEnd; offset += 4) {
    hash ^= scramble(bytes.readInt32LE(offset))
    hash = Math.imul(rotateLeft(hash, 13), 5) + 0xe6546b64
  }
  if (tail > 0) hash ^= scramble(bytes.readUIntLE(blocksEnd, tail))
  return avalanche(hash ^ bytes.length) >>> 0
}

function scramble(block: number): number {
  return Math.imul(rotateLeft(Math.imul(block, 0xcc9e2d51), 15), 0x1b873593)
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}

function avalanche(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
