#include "shim.h"

#include <string.h>

// FUNCTION is OpenSSL's prefix of a hash, NAME ours; both hashes have blocks of 64 bytes.
#define COUNTERSIGN_HASH(NAME, FUNCTION, CONTEXT, SIZE)                                                                \
    void countersign_##NAME(const void *message, size_t count, uint8_t *digest) {                                      \
        CONTEXT context;                                                                                               \
        FUNCTION##_Init(&context);                                                                                     \
        FUNCTION##_Update(&context, message, count);                                                                   \
        FUNCTION##_Final(digest, &context);                                                                            \
    }                                                                                                                  \
                                                                                                                       \
    countersign_hmac_##NAME##_key countersign_hmac_##NAME##_key_make(const void *secret, size_t count) {               \
        uint8_t block[64] = {0};                                                                                       \
        countersign_hmac_##NAME##_key key;                                                                             \
        if (count > sizeof block) {                                                                                    \
            countersign_##NAME(secret, count, block);                                                                  \
        } else if (count > 0) {                                                                                        \
            memcpy(block, secret, count);                                                                              \
        }                                                                                                              \
        for (size_t i = 0; i < sizeof block; i++) block[i] ^= 0x36;                                                    \
        FUNCTION##_Init(&key.inner);                                                                                   \
        FUNCTION##_Update(&key.inner, block, sizeof block);                                                            \
        for (size_t i = 0; i < sizeof block; i++) block[i] ^= 0x36 ^ 0x5c;                                             \
        FUNCTION##_Init(&key.outer);                                                                                   \
        FUNCTION##_Update(&key.outer, block, sizeof block);                                                            \
        OPENSSL_cleanse(block, sizeof block);                                                                          \
        return key;                                                                                                    \
    }                                                                                                                  \
                                                                                                                       \
    void countersign_hmac_##NAME(                                                                                      \
        const countersign_hmac_##NAME##_key *key, const void *message, size_t count, uint8_t *code                     \
    ) {                                                                                                                \
        CONTEXT context = key->inner;                                                                                  \
        FUNCTION##_Update(&context, message, count);                                                                   \
        FUNCTION##_Final(code, &context);                                                                              \
        context = key->outer;                                                                                          \
        FUNCTION##_Update(&context, code, SIZE);                                                                       \
        FUNCTION##_Final(code, &context);                                                                              \
    }

SHA256_CTX countersign_sha256_start(const void *start, size_t count) {
    SHA256_CTX state;
    SHA256_Init(&state);
    SHA256_Update(&state, start, count);
    return state;
}

void countersign_sha256_end(
    const SHA256_CTX *start, const void *next, size_t next_count, const void *last, size_t last_count, uint8_t *digest
) {
    SHA256_CTX state = *start;
    SHA256_Update(&state, next, next_count);
    SHA256_Update(&state, last, last_count);
    SHA256_Final(digest, &state);
}

COUNTERSIGN_HASH(sha1, SHA1, SHA_CTX, SHA_DIGEST_LENGTH)
COUNTERSIGN_HASH(sha256, SHA256, SHA256_CTX, SHA256_DIGEST_LENGTH)

countersign_hmac_sha256_key
countersign_hmac_sha256_key_after(const countersign_hmac_sha256_key *key, const void *start, size_t count) {
    countersign_hmac_sha256_key longer = *key;
    SHA256_Update(&longer.inner, start, count);
    return longer;
}

void countersign_md5(const void *message, size_t count, uint8_t *digest) {
    MD5_CTX context;
    MD5_Init(&context);
    MD5_Update(&context, message, count);
    MD5_Final(digest, &context);
}
