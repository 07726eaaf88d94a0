/*
 * The floor of a part's URL: nothing but the hashes that its signature needs.
 *
 *   part_floor HEAD TAIL SCOPE KEY COUNT
 *
 * HEAD and TAIL are the canonical request before and after the part's number, SCOPE the string to sign up to the hash of
 * the canonical request, KEY the signing key in hexadecimal. For every number from 1 to COUNT: SHA-256 of the
 * canonical request, HMAC of the string to sign with a key whose two blocks are hashed already. Standard output:
 * nanoseconds of CPU of all, and the last signature.
 */
#define _GNU_SOURCE
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_TEXT = 8192, DIGEST = SHA256_DIGEST_LENGTH };

static SHA256_CTX inner, outer;

static void hexadecimal(const uint8_t *bytes, char *text)
{
    for (int index = 0; index < DIGEST; index++) {
        text[2 * index] = "0123456789abcdef"[bytes[index] >> 4];
        text[2 * index + 1] = "0123456789abcdef"[bytes[index] & 15];
    }
}

static void read_key(const char *text)
{
    uint8_t block[64] = {0};

    for (int index = 0; index < DIGEST; index++) {
        unsigned byte = 0;
        sscanf(text + 2 * index, "%2x", &byte);
        block[index] = (uint8_t)byte;
    }
    for (size_t index = 0; index < sizeof block; index++)
        block[index] ^= 0x36;
    SHA256_Init(&inner);
    SHA256_Update(&inner, block, sizeof block);
    for (size_t index = 0; index < sizeof block; index++)
        block[index] ^= 0x36 ^ 0x5c;
    SHA256_Init(&outer);
    SHA256_Update(&outer, block, sizeof block);
}

static int64_t cpu(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int main(int argc, char **argv)
{
    static char request[MAX_TEXT], signed_text[MAX_TEXT], signature[2 * DIGEST + 1];
    size_t head, tail, scope;
    uint8_t digest[DIGEST];
    int64_t start;

    if (argc != 6 || (head = strlen(argv[1])) + (tail = strlen(argv[2])) + 16 > MAX_TEXT ||
        (scope = strlen(argv[3])) + 2 * DIGEST > MAX_TEXT || strlen(argv[4]) != 2 * DIGEST)
        return 2;
    memcpy(request, argv[1], head);
    memcpy(signed_text, argv[3], scope);
    read_key(argv[4]);
    start = cpu();
    for (int number = 1, count = atoi(argv[5]); number <= count; number++) {
        SHA256_CTX context;
        char digits[8];
        int length = 0, at = (int)head;
        for (int rest = number; rest > 0; rest /= 10)
            digits[length++] = (char)('0' + rest % 10);
        while (length > 0)
            request[at++] = digits[--length];
        memcpy(request + at, argv[2], tail);
        SHA256_Init(&context);
        SHA256_Update(&context, request, (size_t)at + tail);
        SHA256_Final(digest, &context);
        hexadecimal(digest, signed_text + scope);
        context = inner;
        SHA256_Update(&context, signed_text, scope + 2 * DIGEST);
        SHA256_Final(digest, &context);
        context = outer;
        SHA256_Update(&context, digest, DIGEST);
        SHA256_Final(digest, &context);
        hexadecimal(digest, signature);
    }
    printf("%lld %s\n", (long long)(cpu() - start), signature);
    return 0;
}
