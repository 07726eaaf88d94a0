<?php
// The peer under php-fpm: the sign request's job as a PHP programmer would write it.
// Configuration comes in the environment that the pool sets.
declare(strict_types=1);

const MAX_SIZE = 5 * 1024 * 1024 * 1024;
const NO_MAXIMUM = 9007199254740992;
const ALLOWED = [
    'acl', 'bucket', 'key', 'content-type', 'success_action_status', 'success_action_redirect',
    'x-amz-algorithm', 'x-amz-credential', 'x-amz-date', 'content-length-range',
];

function answer(int $status, array $value): never
{
    $body = json_encode($value, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
    http_response_code($status);
    header('Content-Type: application/json');
    header('Content-Length: ' . strlen($body));
    echo $body;
    exit;
}

function refuse(int $status, string $message): never
{
    answer($status, ['invalid' => true, 'success' => false, 'error' => $message]);
}

$user = $_SERVER['REMOTE_USER'] ?? '';
if ($user === '') {
    refuse(403, 'Log in before uploading');
}
if (($_SERVER['HTTP_SEC_FETCH_SITE'] ?? 'same-origin') !== 'same-origin') {
    refuse(403, 'Not from this site');
}
$policy = json_decode(file_get_contents('php://input'), true, 32);
if (!is_array($policy) || !is_array($policy['conditions'] ?? null)) {
    refuse(400, 'Not a policy');
}

$seen = [];
$conditions = [];
foreach ($policy['conditions'] as $condition) {
    if (!is_array($condition)) {
        refuse(400, 'Not a condition');
    }
    if (array_is_list($condition)) {
        if (count($condition) !== 3) {
            refuse(400, 'Not a condition');
        }
        if ($condition[0] === 'content-length-range') {
            [$element, $minimum, $maximum] = $condition;
            if (!ctype_digit((string) $minimum) || !ctype_digit((string) $maximum)) {
                refuse(400, 'content-length-range should be two numbers');
            }
            $minimum = (int) $minimum;
            $maximum = (int) $maximum === NO_MAXIMUM ? MAX_SIZE : (int) $maximum;
            if ($minimum > $maximum || $maximum > MAX_SIZE) {
                refuse(400, 'The file is too large');
            }
            $value = '';
            $condition = [$element, $minimum, $maximum];
        } elseif ($condition[0] === 'eq' && str_starts_with($condition[1], '$')) {
            $element = substr($condition[1], 1);
            $value = $condition[2];
        } else {
            refuse(400, 'Operator not allowed');
        }
    } else {
        if (count($condition) !== 1) {
            refuse(400, 'Not a condition');
        }
        $element = (string) array_key_first($condition);
        $value = $condition[$element];
    }
    $name = strtolower($element);
    if (isset($seen[$name])) {
        refuse(400, "$name: given twice");
    }
    if (!in_array($name, ALLOWED, true) && preg_match('/^x-amz-meta-[a-z0-9_-]{1,64}$/D', $name) !== 1) {
        refuse(400, "$name: invalid element name");
    }
    if (!is_string($value) || preg_match('/[\x00-\x1f\x7f]/', $value) === 1) {
        refuse(400, "$name: invalid value");
    }
    $seen[$name] = $value;
    $conditions[] = $condition;
}
foreach (['acl', 'bucket', 'key'] as $name) {
    if (!isset($seen[$name])) {
        refuse(400, "Required condition is missing: $name");
    }
}
if ($seen['bucket'] !== getenv('SIGN_BUCKET')) {
    refuse(403, 'Bucket should be ' . getenv('SIGN_BUCKET'));
}
if ($seen['acl'] !== 'private') {
    refuse(403, "ACL should be 'private'");
}
$key = $seen['key'];
if (!str_starts_with($key, "$user/")) {
    refuse(403, "Key should start with $user/");
}
if (strlen($key) > 1024 || preg_match('/^[\p{L}\p{N}._@+ -]+$/Du', substr($key, strlen($user) + 1)) !== 1) {
    refuse(400, 'Invalid key');
}
if (!in_array($seen['success_action_status'] ?? '200', ['200', '201', '204'], true)) {
    refuse(400, 'success_action_status should be 200, 201 or 204');
}
if (!isset($seen['content-length-range'])) {
    $conditions[] = ['content-length-range', 0, MAX_SIZE];
}

$now = time();
$moment = $seen['x-amz-date'] ?? '';
$date = DateTimeImmutable::createFromFormat('!Ymd\THis\Z', $moment, new DateTimeZone('UTC'));
if ($date === false || abs($date->getTimestamp() - $now) > 900) {
    refuse(400, 'x-amz-date is too far from now');
}
$day = substr($moment, 0, 8);
if (
    ($seen['x-amz-algorithm'] ?? '') !== 'AWS4-HMAC-SHA256'
    || ($seen['x-amz-credential'] ?? '')
        !== getenv('SIGN_KEY_ID') . "/$day/" . getenv('SIGN_REGION') . '/s3/aws4_request'
) {
    refuse(400, 'Not our credential');
}

$decoded = ['expiration' => gmdate('Y-m-d\TH:i:s\Z', $now + 300), 'conditions' => $conditions];
$text = base64_encode(json_encode($decoded, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE));
$signingKey = 'AWS4' . getenv('SIGN_SECRET');
foreach ([$day, getenv('SIGN_REGION'), 's3', 'aws4_request'] as $part) {
    $signingKey = hash_hmac('sha256', $part, $signingKey, true);
}
answer(200, [
    'policy' => $text,
    'signature' => hash_hmac('sha256', $text, $signingKey),
    'policy_decoded' => $decoded,
]);
