import org.gradle.api.tasks.Exec

plugins {
    // Since version 9 it compiles Kotlin by itself.
    id("com.android.application")
}

val repository = rootDir.parentFile
val bindings = layout.buildDirectory.dir("bindings")
val libraries = layout.buildDirectory.dir("jniLibs")

android {
    namespace = "vn.chibo.sotay"
    compileSdk = 37
    ndkVersion = "28.2.13676358" // r28 and newer align libraries to pages of 16 KB

    defaultConfig {
        applicationId = "vn.chibo.sotay"
        minSdk = 24
        targetSdk = 37
        versionCode = 1
        versionName = "0.1.0"
        ndk { abiFilters += listOf("arm64-v8a", "armeabi-v7a", "x86_64") }
    }

    // What is written by tasks is named by its path: since version 9 the plugin takes no provider here (`preBuild` below).
    sourceSets.getByName("main") {
        kotlin.directories.add("src/main/kotlin")
        kotlin.directories.add(bindings.get().asFile.path)
        jniLibs.directories.add(libraries.get().asFile.path)
    }
    sourceSets.getByName("test") {
        kotlin.directories.add("src/test/kotlin")
        kotlin.directories.add("../standins")
    }

    buildTypes {
        release {
            isMinifyEnabled = true
            isShrinkResources = true
            proguardFiles(getDefaultProguardFile("proguard-android-optimize.txt"), "proguard-rules.pro")
        }
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }

    // One language of the system decides nothing: screens switch by themselves, and both are in the package.
    bundle { language { enableSplit = false } }
}

dependencies {
    implementation("org.jetbrains.kotlinx:kotlinx-coroutines-android:1.10.2")
    implementation("net.java.dev.jna:jna:5.19.1@aar")
    implementation("com.google.zxing:core:3.5.3")
    testImplementation("junit:junit:4.13.2")
    testImplementation("org.robolectric:robolectric:4.17") {
        // AndroidX; `standins` has the few classes of it that Robolectric calls.
        exclude(group = "androidx.test")
        exclude(group = "androidx.test.espresso")
    }
    testImplementation("net.java.dev.jna:jna:5.19.1") // with the libraries of this machine
}

tasks.withType<Test>().configureEach {
    val built = repository.resolve("target/release").path
    systemProperty("jna.library.path", built)
    systemProperty("chibo.program", "$built/chibo")
    jvmArgs("--add-opens", "java.base/java.io=ALL-UNNAMED")
}

// The library for phones, one for each sort of processor: `cargo install cargo-ndk` (4 or newer), and the three Rust targets.
val ndk = androidComponents.sdkComponents.ndkDirectory
val cargoNdk by tasks.registering(Exec::class) {
    workingDir = repository
    inputs.files(
        fileTree(repository) {
            include("ffi/phone.cflags", "core/**/*.rs", "core/data/**", "device/**/*.rs", "ffi/**/*.rs", "sqlcipher/**", ".cargo/config.toml", "**/Cargo.toml", "Cargo.lock")
            exclude("**/target/**", "android-demo/**")
        }
    )
    outputs.dir(libraries)
    // C without what a phone never uses. Not CFLAGS: cargo-ndk would make the phone's flags those of what is built for this
    // machine as well, such as the zstd of a build script.
    environment("TARGET_CFLAGS", repository.resolve("ffi/phone.cflags").readLines().joinToString(" "))
    doFirst { environment("ANDROID_NDK_HOME", ndk.get().asFile.path) }
    // Only the library for phones: built beside the one for Rust, neither is optimised as a whole.
    commandLine(
        "cargo", "ndk", "-t", "arm64-v8a", "-t", "armeabi-v7a", "-t", "x86_64", "--platform", "24",
        "-o", libraries.get().asFile.path, "rustc", "--profile", "phone", "-p", "chibo-ffi", "--lib", "--crate-type", "cdylib",
    )
}

// The Kotlin that calls it, read out of the library of this machine.
val hostLibrary by tasks.registering(Exec::class) {
    workingDir = repository
    commandLine("cargo", "build", "--release", "-p", "chibo-ffi", "-p", "chibo-bindgen", "-p", "chibo-server")
}

val writeBindings by tasks.registering(Exec::class) {
    dependsOn(hostLibrary)
    workingDir = repository
    val built = repository.resolve("target/release")
    val library = built.resolve(if (System.getProperty("os.name").startsWith("Mac")) "libchibo_ffi.dylib" else "libchibo_ffi.so")
    inputs.file(library)
    outputs.dir(bindings)
    commandLine(
        built.resolve("chibo-bindgen").path, "generate", "--language", "kotlin", "--no-format",
        "--out-dir", bindings.get().asFile.path, library.path,
    )
}

tasks.named("preBuild") { dependsOn(cargoNdk, writeBindings) }
