#include "shim.h"

#include <limits.h>
#include <openssl/evp.h>

enum { NONCE_SIZE = 12, TAG_SIZE = 16 };

int countersign_aes_256_gcm_seal(
    const uint8_t *key, const uint8_t *nonce, const void *context, size_t context_count, const void *plain,
    size_t count, uint8_t *cipher, uint8_t *tag
) {
    if (context_count > INT_MAX || count > INT_MAX) return 0;
    EVP_CIPHER_CTX *state = EVP_CIPHER_CTX_new();
    if (!state) return 0;
    int length = 0;
    uint8_t rest[TAG_SIZE];
    int done = EVP_EncryptInit_ex(state, EVP_aes_256_gcm(), NULL, NULL, NULL) == 1
        && EVP_CIPHER_CTX_ctrl(state, EVP_CTRL_AEAD_SET_IVLEN, NONCE_SIZE, NULL) == 1
        && EVP_EncryptInit_ex(state, NULL, NULL, key, nonce) == 1
        && (context_count == 0 || EVP_EncryptUpdate(state, NULL, &length, context, (int)context_count) == 1)
        && (count == 0 || (EVP_EncryptUpdate(state, cipher, &length, plain, (int)count) == 1 && length == (int)count))
        && EVP_EncryptFinal_ex(state, rest, &length) == 1
        && EVP_CIPHER_CTX_ctrl(state, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, tag) == 1;
    EVP_CIPHER_CTX_free(state);
    return done;
}

int countersign_aes_256_gcm_open(
    const uint8_t *key, const uint8_t *nonce, const void *context, size_t context_count, const void *cipher,
    size_t count, const uint8_t *tag, uint8_t *plain
) {
    if (context_count > INT_MAX || count > INT_MAX) return 0;
    EVP_CIPHER_CTX *state = EVP_CIPHER_CTX_new();
    if (!state) return 0;
    int length = 0;
    uint8_t rest[TAG_SIZE];
    int done = EVP_DecryptInit_ex(state, EVP_aes_256_gcm(), NULL, NULL, NULL) == 1
        && EVP_CIPHER_CTX_ctrl(state, EVP_CTRL_AEAD_SET_IVLEN, NONCE_SIZE, NULL) == 1
        && EVP_DecryptInit_ex(state, NULL, NULL, key, nonce) == 1
        && (context_count == 0 || EVP_DecryptUpdate(state, NULL, &length, context, (int)context_count) == 1)
        && (count == 0 || (EVP_DecryptUpdate(state, plain, &length, cipher, (int)count) == 1 && length == (int)count))
        && EVP_CIPHER_CTX_ctrl(state, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, (void *)tag) == 1
        && EVP_DecryptFinal_ex(state, rest, &length) == 1;
    EVP_CIPHER_CTX_free(state);
    if (!done) OPENSSL_cleanse(plain, count);
    return done;
}
