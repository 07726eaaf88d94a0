#pragma once
#include <openssl/crypto.h>
#include <openssl/md5.h>
#include <openssl/sha.h>
#include <stddef.h>
#include <stdint.h>

// Digests through OpenSSL's low-level contexts: no provider is fetched, nothing is allocated.

void countersign_md5(const void *message, size_t count, uint8_t *digest);
void countersign_sha1(const void *message, size_t count, uint8_t *digest);
void countersign_sha256(const void *message, size_t count, uint8_t *digest);

// The start of many messages, hashed once, and the digest of one of them: the start and two pieces more.

SHA256_CTX countersign_sha256_start(const void *start, size_t count);
void countersign_sha256_end(
    const SHA256_CTX *start, const void *next, size_t next_count, const void *last, size_t last_count, uint8_t *digest
);

// HMAC (RFC 2104) with the key's two blocks already hashed, so that a signature costs the message's blocks and one more.

typedef struct {
    SHA_CTX inner;
    SHA_CTX outer;
} countersign_hmac_sha1_key;

typedef struct {
    SHA256_CTX inner;
    SHA256_CTX outer;
} countersign_hmac_sha256_key;

countersign_hmac_sha1_key countersign_hmac_sha1_key_make(const void *secret, size_t count);
countersign_hmac_sha256_key countersign_hmac_sha256_key_make(const void *secret, size_t count);

void countersign_hmac_sha1(const countersign_hmac_sha1_key *key, const void *message, size_t count, uint8_t *code);
void countersign_hmac_sha256(const countersign_hmac_sha256_key *key, const void *message, size_t count, uint8_t *code);

// The key for messages that all have this start, to be given what follows it.
countersign_hmac_sha256_key
countersign_hmac_sha256_key_after(const countersign_hmac_sha256_key *key, const void *start, size_t count);

// AES-256 in Galois/Counter Mode, with a nonce of 12 bytes and a tag of 16; 1 where it was done, else 0.
// Opening writes `count` bytes of plain text, which are worthless, and wiped, where the answer is 0.

int countersign_aes_256_gcm_seal(
    const uint8_t *key, const uint8_t *nonce, const void *context, size_t context_count, const void *plain,
    size_t count, uint8_t *cipher, uint8_t *tag
);
int countersign_aes_256_gcm_open(
    const uint8_t *key, const uint8_t *nonce, const void *context, size_t context_count, const void *cipher,
    size_t count, const uint8_t *tag, uint8_t *plain
);
