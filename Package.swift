// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "countersign",
    products: [
        .library(name: "S3Authorization", targets: ["S3Authorization"]),
        .executable(name: "countersign", targets: ["countersign"]),
        .executable(name: "countersign-operator", targets: ["countersign-operator"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2")
    ],
    targets: [
        .target(name: "CFastCGI", linkerSettings: [.linkedLibrary("fcgi")]),
        .target(
            name: "COpenSSL",
            cSettings: [.define("OPENSSL_SUPPRESS_DEPRECATED")],
            linkerSettings: [.linkedLibrary("crypto")]
        ),
        .target(name: "CCurl", linkerSettings: [.linkedLibrary("dl")]),
        .target(name: "CMagic", linkerSettings: [.linkedLibrary("dl")]),
        .target(name: "CSpawn"),
        .target(name: "CTOML"),
        .target(name: "FastCGI", dependencies: ["CFastCGI"], swiftSettings: strict),
        .target(name: "S3Authorization", dependencies: ["COpenSSL"], swiftSettings: strict),
        .target(name: "S3Client", dependencies: ["CCurl", "S3Authorization"], swiftSettings: strict),
        .target(
            name: "UploadService",
            dependencies: ["CMagic", "CSpawn", "CTOML", "FastCGI", "S3Authorization", "S3Client"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "countersign",
            dependencies: ["FastCGI", "S3Client", "UploadService"],
            exclude: ["Linking"],
            swiftSettings: strict,
            // Binding the shared C++ runtime would take a third of a cold start.
            linkerSettings: [
                .unsafeFlags(
                    ["-L\(Context.packageDirectory)/Sources/countersign/Linking", "-Xclang-linker", "-static-libgcc"],
                    .when(configuration: .release))
            ]
        ),
        // The operator's commands: what they do, and the program that reads their options. The responder starts it, so that
        // its own cold start never pays for it.
        .target(
            name: "OperatorCommands", dependencies: ["S3Authorization", "S3Client", "UploadService"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "countersign-operator",
            dependencies: [
                "OperatorCommands", "UploadService",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict
        ),
        // What a site of one's own can do: only what is public may be used, so it sees no package symbols.
        .executableTarget(
            name: "S3AuthorizationExample", dependencies: ["S3Authorization"], path: "Tests/S3AuthorizationExample",
            packageAccess: false, swiftSettings: strict
        ),
        // For the benchmarks: what a part's URL costs without anything around it.
        .executableTarget(
            name: "PartURLs", dependencies: ["S3Authorization"], path: "Tests/PartURLs", swiftSettings: strict
        ),
        .testTarget(name: "FastCGITests", dependencies: ["FastCGI"], swiftSettings: strict),
        .testTarget(
            name: "S3AuthorizationTests",
            dependencies: ["S3Authorization", "S3AuthorizationExample"],
            resources: [.copy("Vectors")],
            swiftSettings: strict
        ),
        .testTarget(
            name: "S3ClientTests", dependencies: ["S3Client", "S3Authorization"], swiftSettings: strict
        ),
        .testTarget(
            name: "OperatorCommandsTests",
            dependencies: ["FastCGI", "OperatorCommands", "S3Authorization", "S3Client", "UploadService"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "UploadServiceTests",
            dependencies: ["UploadService", "FastCGI", "S3Authorization", "S3Client"],
            resources: [.copy("Vectors")],
            swiftSettings: strict
        ),
    ],
    cxxLanguageStandard: .cxx17
)

// No unit test runs a program: Tests/run.sh builds these tests three times, and the programs once.
if Context.environment["COUNTERSIGN_UNIT_TESTS"] != nil {
    let programs = ["countersign", "countersign-operator", "PartURLs"]
    package.targets.removeAll { programs.contains($0.name) }
    package.products.removeAll { programs.contains($0.name) }
    package.dependencies.removeAll()
}
