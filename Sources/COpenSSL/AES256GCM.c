#include "shim.h"

#include <limits.h>
#include <openssl/evp.h>

enum { NONCE_SIZE = 12, TAG_SIZE = 16 };

// Where the tag goes in `SEAL`ing, it comes from in opening.
enum direction { OPEN = 0, SEAL = 1 };

static int run(
    enum direction direction, const uint8_t *key, const uint8_t *nonce, const void *context, size_t context_count,
    const void *input, size_t count, uint8_t *output, uint8_t *tag
) {
    if (context_count > INT_MAX || count > INT_MAX) return 0;
    EVP_CIPHER_CTX *state = EVP_CIPHER_CTX_new();
    if (!state) return 0;
    int length = 0;
    uint8_t rest[TAG_SIZE];
    int done = EVP_CipherInit_ex(state, EVP_aes_256_gcm(), NULL, NULL, NULL, direction) == 1
        && EVP_CIPHER_CTX_ctrl(state, EVP_CTRL_AEAD_SET_IVLEN, NONCE_SIZE, NULL) == 1
        && EVP_CipherInit_ex(state, NULL, NULL, key, nonce, direction) == 1
        && (context_count == 0 || EVP_CipherUpdate(state, NULL, &length, context, (int)context_count) == 1)
        && (count == 0 || (EVP_CipherUpdate(state, output, &length, input, (int)count) == 1 && length == (int)count))
        && (direction == SEAL || EVP_CIPHER_CTX_ctrl(state, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) == 1)
        && EVP_CipherFinal_ex(state, rest, &length) == 1
        && (direction == OPEN || EVP_CIPHER_CTX_ctrl(state, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, tag) == 1);
    EVP_CIPHER_CTX_free(state);
    return done;
}

int countersign_aes_256_gcm_seal(
    const uint8_t *key, const uint8_t *nonce, const void *context, size_t context_count, const void *plain,
    size_t count, uint8_t *cipher, uint8_t *tag
) {
    return run(SEAL, key, nonce, context, context_count, plain, count, cipher, tag);
}

int countersign_aes_256_gcm_open(
    const uint8_t *key, const uint8_t *nonce, const void *context, size_t context_count, const void *cipher,
    size_t count, const uint8_t *tag, uint8_t *plain
) {
    int done = run(OPEN, key, nonce, context, context_count, cipher, count, plain, (uint8_t *)tag);
    if (!done) OPENSSL_cleanse(plain, count);
    return done;
}
